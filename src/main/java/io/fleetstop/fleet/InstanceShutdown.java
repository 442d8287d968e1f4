package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.fleet.MonoStages.Stage;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyRunning;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Started;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.fleet.StopEvent.Polled;
import io.fleetstop.fleet.StopEvent.Signal;
import io.fleetstop.fleet.StopStep.BackOff;
import io.fleetstop.fleet.StopStep.Finish;
import io.fleetstop.fleet.StopStep.Move;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.Freeze;
import io.fleetstop.poll.StateWaiter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Drives one instance from its first call to its outcome: performs the steps that {@link
 * StopDecision} names, and reports to it what came of them. Holds the state of one subscription,
 * whose signals are serial.
 */
final class InstanceShutdown {

  /** The services that a run provides to its instances. */
  interface RunContext {

    /** Runs a call while holding a slot. */
    <T> Mono<T> withSlot(Supplier<Mono<T>> call);

    /** Records the intent to call the instance; completes when it is durable. */
    Mono<Void> recordIntent(InstanceId id);

    /** Whether a call, its slot and its intent are shared with other instances. */
    boolean isBatched();

    StateWaiter waiter();

    /** Returns the deadline of a call; {@code null} without one. */
    @Nullable Duration callDeadline();

    /** Returns how long describing an instance once may take. */
    Duration describeTimeout();

    /** Counts an accepted call whose outcome is pending. */
    void onAccepted();

    /** Called when an instance is not called again, also if it has no outcome yet. */
    void onLastCall(InstanceId id);

    /** Counts an outcome, before the slot is released. */
    void onOutcome(ShutdownOutcome outcome, boolean wasAwaited);

    /** Returns the stage that follows the outcome. */
    Stage<ShutdownOutcome> finish(ShutdownOutcome outcome);

    /** Returns the pause and stop state of the run. */
    RunState control();
  }

  private final RunContext run;
  private final ShutdownOptions options;
  private final StopSettings settings;
  private final InstanceId id;
  private @Nullable Mono<Acceptance> call;
  private final boolean resumed;
  private final long startNanos = nanos();
  private StopState state;
  private int attempts;
  private int pauseEpoch;
  private @Nullable String requestId;
  private @Nullable Duration busySince;
  private @Nullable ShutdownOutcome counted;

  /**
   * Creates the driver of one instance.
   *
   * @param call calls the instance, each time with the same token
   * @param resumed whether the run may have called the instance before it was interrupted
   */
  InstanceShutdown(
      RunContext run,
      ShutdownOptions options,
      StopSettings settings,
      InstanceId id,
      Mono<Acceptance> call,
      boolean resumed) {
    this.run = run;
    this.options = options;
    this.settings = settings;
    this.id = id;
    this.call = call;
    this.resumed = resumed;
    this.state = StopDecision.start(resumed, false).state();
  }

  /**
   * Returns the first stage; the outcome of the instance is the result.
   *
   * @param describeFirst whether its state is described before it is called
   */
  Stage<ShutdownOutcome> start(boolean describeFirst) {
    try {
      return perform(enter(StopDecision.start(resumed, describeFirst)));
    } catch (Throwable thrown) {
      Exceptions.throwIfFatal(thrown);
      return onUnexpectedError(thrown);
    }
  }

  /** A user-supplied part of the run, a backoff for example, failed: that is an outcome too. */
  private Stage<ShutdownOutcome> onUnexpectedError(Throwable failure) {
    try {
      return perform(
          on(new StopEvent.Broken(EcsExceptions.of(settings.operation().action(), failure))));
    } catch (Throwable thrown) {
      // Counting the outcome of a failure may fail as well, but only once.
      Exceptions.throwIfFatal(thrown);
      return perform(
          on(new StopEvent.Broken(EcsExceptions.of(settings.operation().action(), thrown))));
    }
  }

  private StopStep on(StopEvent event) {
    return enter(StopDecision.decide(state, event, settings));
  }

  /** Counts an outcome at once: before the slot is released. */
  private StopStep enter(StopDecision decision) {
    state = decision.state();
    if (decision.step() instanceof Finish finish && counted == null) {
      counted = outcomeOf(finish);
      run.onOutcome(counted, state.facts().accepted() && settings.awaitGoal());
      run.onLastCall(id);
    }
    return decision.step();
  }

  private Stage<ShutdownOutcome> perform(StopStep step) {
    if (step instanceof Move move) {
      return switch (move) {
        // The slot is released before the next step starts.
        case ENQUEUE, AWAIT_RESUME, RECORD_INTENT, CALL ->
            run.isBatched()
                ? performInBatch(move)
                : then(run.withSlot(() -> performInSlot(step)), this::perform);
        case DESCRIBE -> awaitState(any -> true, run.describeTimeout());
        case AWAIT_STABLE ->
            awaitState(
                state -> !settings.operation().isPassing(state), options.awaitOptions().timeout());
        case AWAIT_GOAL -> {
          // Not called again: its request would be retained for the whole wait.
          call = null;
          run.onLastCall(id);
          yield awaitState(settings.operation()::endsWait, options.awaitOptions().timeout());
        }
      };
    }
    return step instanceof BackOff backOff
        ? backOff(backOff)
        : run.finish(Objects.requireNonNull(counted, "the outcome was counted"));
  }

  /** Performs the steps that need a slot; emits the first one that needs none. */
  private Mono<StopStep> performInSlot(StopStep step) {
    if (step == Move.ENQUEUE) {
      return performInSlot(proceed());
    }
    if (step == Move.AWAIT_RESUME) {
      // While paused, the time it stays busy is unknown.
      busySince = null;
      return run.control().resumed().then(Mono.defer(() -> performInSlot(proceed())));
    }
    if (step == Move.RECORD_INTENT) {
      return run.recordIntent(id).then(Mono.defer(() -> performInSlot(proceed())));
    }
    return step == Move.CALL ? call() : Mono.just(step);
  }

  /** Performs the steps that a batch has a slot and an intent for. */
  private Stage<ShutdownOutcome> performInBatch(Move step) {
    if (step == Move.CALL) {
      long calledNanos = nanos();
      // Without operators, which would cost more than the share of the call.
      return Stage.of(
          requireCall(),
          result -> performSafely(() -> onAccepted(result)),
          error ->
              performSafely(
                  () ->
                      onError(EcsExceptions.of("StopInstances", error), pauseEpoch, calledNanos)));
    }
    if (step == Move.AWAIT_RESUME) {
      busySince = null;
      return then(run.control().resumed().thenReturn(step), resumed -> perform(proceed()));
    }
    return perform(proceed());
  }

  private Stage<ShutdownOutcome> performSafely(Supplier<StopStep> next) {
    try {
      return perform(next.get());
    } catch (Throwable thrown) {
      Exceptions.throwIfFatal(thrown);
      return onUnexpectedError(thrown);
    }
  }

  private Mono<Acceptance> requireCall() {
    return Objects.requireNonNull(call, "not awaited yet");
  }

  private StopStep proceed() {
    // Read before the check: a pause after it stops the call, which is then repeated.
    pauseEpoch = run.control().pauseEpoch();
    if (run.control().isStopped()) {
      return on(new StopEvent.RunStopped(null));
    }
    return on(run.control().isPaused() ? Signal.RUN_PAUSED : Signal.STEP_DONE);
  }

  private Mono<StopStep> call() {
    int pauseEpoch = this.pauseEpoch;
    long calledNanos = nanos();
    return requireCall()
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("the client gave no result")))
        .map(this::onAccepted)
        .onErrorResume(
            error ->
                performInSlot(
                    onError(
                        EcsExceptions.of(settings.operation().action(), error),
                        pauseEpoch,
                        calledNanos)));
  }

  private StopStep onAccepted(Acceptance result) {
    attempts += result.attempts();
    requestId = result.requestId();
    StopStep next = on(new StopEvent.Accepted());
    if (next == Move.AWAIT_GOAL) {
      run.onAccepted();
    }
    return next;
  }

  private StopStep onError(EcsException error, int pauseEpoch, long calledNanos) {
    attempts += StopErrors.attempts(error);
    requestId = error.requestId() == null ? requestId : error.requestId();
    if (!StopErrors.isStoppedByCaller(error)) {
      return on(
          deadlinePassedWhileFrozen(error, calledNanos)
              ? new StopEvent.Frozen(error)
              : new StopEvent.Rejected(error));
    }
    // A call stopped by a pause is repeated; any other stop by the caller is final.
    boolean pausedMeanwhile =
        run.control().pauseEpoch() != pauseEpoch && !run.control().isStopped();
    return pausedMeanwhile ? proceed() : on(new StopEvent.RunStopped(error));
  }

  private boolean deadlinePassedWhileFrozen(EcsException error, long calledNanos) {
    Duration deadline = run.callDeadline();
    return deadline != null
        && error.exhaustedLimit() == Limit.DEADLINE
        && Freeze.wasFrozen(calledNanos + deadline.toNanos(), nanos());
  }

  /**
   * Waits without a slot; another operation on the instance may take its time, but not for ever.
   */
  private Stage<ShutdownOutcome> backOff(BackOff step) {
    Duration backoff =
        options.busyBackoff().delay(step.retry(), ThreadLocalRandom.current().nextDouble());
    Duration delay = run.isBatched() ? BatchRules.inStep(backoff, nanos()) : backoff;
    Duration bound =
        switch (step.cause()) {
          case BUSY -> options.busyTimeout();
          case CAPACITY -> run.callDeadline();
          case QUEUE_FULL -> null;
        };
    if (bound != null) {
      Duration now = elapsed();
      busySince = busySince == null ? now : busySince;
      if (now.plus(delay).minus(busySince).compareTo(bound) >= 0) {
        return perform(on(Signal.BUSY_TIMEOUT));
      }
    }
    Mono<StopStep> delayed =
        Mono.delay(delay, Schedulers.parallel())
            .takeUntilOther(run.control().stopped())
            .then(Mono.fromSupplier(() -> on(Signal.STEP_DONE)));
    return then(delayed, this::perform);
  }

  private Stage<ShutdownOutcome> awaitState(Predicate<State> condition, Duration timeout) {
    return then(
        run.waiter().await(id, condition, timeout), result -> perform(on(new Polled(result))));
  }

  private ShutdownOutcome outcomeOf(Finish finish) {
    CallStats stats = new CallStats(attempts, elapsed(), requestId, state.facts().accepted());
    return switch (finish.kind()) {
      case STOPPED -> new Stopped(id, stats);
      case ALREADY_STOPPED -> new AlreadyStopped(id, stats);
      case STARTED -> new Started(id, stats);
      case ALREADY_RUNNING -> new AlreadyRunning(id, stats);
      case ACCEPTED -> new Accepted(id, stats);
      case DRY_RUN_PASSED -> new DryRunPassed(id, stats);
      case FAILED -> new Failed(id, stats, Objects.requireNonNull(finish.error()));
      case UNCONFIRMED ->
          new Unconfirmed(id, stats, Objects.requireNonNull(finish.reason()), finish.error());
      case SKIPPED -> new Skipped(id, stats, Objects.requireNonNull(finish.reason()));
    };
  }

  private <V> Stage<ShutdownOutcome> then(
      Mono<V> source, Function<V, Stage<ShutdownOutcome>> next) {
    return Stage.of(source, next, this::onUnexpectedError);
  }

  private Duration elapsed() {
    return Duration.ofNanos(nanos() - startNanos);
  }

  private static long nanos() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}
