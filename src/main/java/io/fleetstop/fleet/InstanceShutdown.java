package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Drives one instance from its first call to its outcome. Holds the state of one subscription,
 * whose signals are serial.
 */
final class InstanceShutdown {

  /**
   * The maximum number of stop calls for an instance that stays in a state from which it can be
   * stopped.
   */
  private static final int MAX_ROUNDS = 5;

  /** The services that a run provides to its instances. */
  interface RunContext {

    /** Runs a call while holding a slot. */
    <T> Mono<T> withSlot(Supplier<Mono<T>> call);

    /** Records the intent to call the instance; completes when it is durable. */
    Mono<Void> recordIntent(InstanceId id);

    Mono<StopInstance.Result> stop(StopInstance request);

    StopWaiter waiter();

    /** Counts an accepted stop whose outcome is pending. */
    void onAccepted();

    /** Counts an outcome, before the slot is released. */
    void onOutcome(ShutdownOutcome outcome, boolean wasAwaited);

    /** Returns the pause and stop state of the run. */
    RunControl control();
  }

  private final RunContext run;
  private final ShutdownOptions options;
  private final StopInstance request;
  private final InstanceId id;
  private final boolean resumed;
  private final long startNanos = nanos();
  private int attempts;
  private int rounds;
  private int busyRetries;
  private int queueFullRetries;
  private @Nullable Duration busySince;
  private boolean intentRecorded;
  private boolean accepted;
  private boolean unknownDelivery;
  private @Nullable EcsException lastError;
  private @Nullable String requestId;
  private @Nullable ShutdownOutcome counted;

  /**
   * Creates the driver of one instance.
   *
   * @param resumed whether the run may have called the instance before it was interrupted
   */
  InstanceShutdown(RunContext run, ShutdownOptions options, StopInstance request, boolean resumed) {
    this.run = run;
    this.options = options;
    this.request = request;
    this.id = request.instanceId();
    this.resumed = resumed;
    this.intentRecorded = resumed;
  }

  /**
   * Returns the outcome of the instance.
   *
   * @param describeFirst whether its state is described before it is called
   */
  Mono<ShutdownOutcome> outcome(boolean describeFirst) {
    // Twice, since counting the outcome of a failure may fail as well.
    return (describeFirst ? then(describe(), this::resumeFrom) : run())
        .onErrorResume(this::onUnexpectedError)
        .onErrorResume(this::onUnexpectedError);
  }

  /** A user-supplied part of the run, a backoff for example, failed: that is an outcome too. */
  private Mono<ShutdownOutcome> onUnexpectedError(Throwable failure) {
    if (counted != null) {
      return Mono.just(counted);
    }
    EcsException error = StopWaiter.asEcsException("StopInstance", failure);
    if (mayHaveTakenEffect()) {
      return finish(unconfirmed("a part of the run failed", error));
    }
    return finish(failed(error));
  }

  /** Decides how to resume an instance that may already have been called. */
  private Mono<ShutdownOutcome> resumeFrom(WaitResult result) {
    if (result instanceof WaitResult.Reached reached) {
      if (reached.state() == State.STOPPED) {
        return finish(stopped(reached));
      }
      if (reached.state() == State.STOPPING) {
        return awaitsStopped() ? awaitStopped(null) : finish(stopping());
      }
    }
    // The token is the same as before; the call reveals any other obstacle.
    return run();
  }

  private Mono<ShutdownOutcome> run() {
    // The slot is released before the next step starts.
    return then(run.withSlot(this::call), next -> next);
  }

  private Mono<Mono<ShutdownOutcome>> call() {
    int pauseEpoch = run.control().pauseEpoch();
    if (run.control().isStopped()) {
      return Mono.just(finish(skipped()));
    }
    if (run.control().isPaused()) {
      // While paused, the time it stays busy is unknown.
      busySince = null;
      return run.control().resumed().then(Mono.defer(this::call));
    }
    if (!intentRecorded) {
      intentRecorded = true;
      return run.recordIntent(id).then(Mono.defer(this::call));
    }
    return run.stop(request)
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("the client gave no result")))
        .map(this::onAccepted)
        .onErrorResume(
            error -> onError(StopWaiter.asEcsException("StopInstance", error), pauseEpoch));
  }

  private Mono<Mono<ShutdownOutcome>> onError(EcsException error, int pauseEpoch) {
    if (counted != null) {
      return Mono.just(Mono.just(counted));
    }
    recordAttempts(error);
    // A call stopped by a pause is repeated; any other stop by the caller is final.
    boolean pausedMeanwhile =
        run.control().pauseEpoch() != pauseEpoch && !run.control().isStopped();
    return StopErrors.isStoppedByCaller(error) && pausedMeanwhile
        ? Mono.defer(this::call)
        : Mono.fromSupplier(() -> onRejected(error));
  }

  private void recordAttempts(EcsException error) {
    attempts += StopErrors.attempts(error);
    requestId = error.requestId() == null ? requestId : error.requestId();
  }

  private Mono<ShutdownOutcome> onAccepted(StopInstance.Result result) {
    attempts += result.attempts();
    requestId = result.requestId();
    accepted = true;
    unknownDelivery = true;
    lastError = null;
    if (options.isDryRun()) {
      return finish(new DryRunPassed(id, stats()));
    }
    if (!awaitsStopped()) {
      return resumed
          ? then(describe(), found -> finish(outcomeOfRepeatedCall(found)))
          : finish(new Accepted(id, stats()));
    }
    run.onAccepted();
    return awaitStopped(null);
  }

  /** The token was the same as before, so the reply may be that of an earlier call. */
  private ShutdownOutcome outcomeOfRepeatedCall(WaitResult result) {
    if (result instanceof WaitResult.Reached reached) {
      return switch (reached.state()) {
        case STOPPED -> stopped(reached);
        case STOPPING -> stopping();
        default ->
            unconfirmed(
                "accepted, perhaps once before, and the instance is " + reached.status(), null);
      };
    }
    return confirm(result, null);
  }

  private Mono<ShutdownOutcome> onRejected(EcsException error) {
    if (StopErrors.isStoppedByCaller(error)) {
      lastError = error.errorCode().equals(ClientErrors.CLOSED) ? lastError : error;
      return finish(skipped());
    }
    lastError = error;
    // A dry run too: the effect of an unanswered one is unknown.
    unknownDelivery |= error.delivery() == Delivery.UNKNOWN;
    if (StopErrors.isUnexpectedSuccess(error)) {
      return finish(unconfirmed("the service answered the dry run as a real stop", error));
    }
    if (error.category() == Category.BUSY) {
      return retryBusy(error);
    }
    if (StopErrors.isQueueFull(error)
        && (error.delivery() == Delivery.NOT_SENT || ++rounds < MAX_ROUNDS)) {
      return runAfter(delay(++queueFullRetries));
    }
    if (StopErrors.isLocallyStarved(error)
        && (StopErrors.isQueueTimeout(error) || ++rounds < MAX_ROUNDS)) {
      return run();
    }
    return describeOrFail(error);
  }

  private boolean awaitsStopped() {
    return options.isAwaitingStopped() && !options.isDryRun();
  }

  /** Describes the instance if its state decides the outcome; otherwise fails. */
  private Mono<ShutdownOutcome> describeOrFail(EcsException error) {
    boolean dependsOnState = mayHaveTakenEffect() || StopErrors.dependsOnState(error);
    return dependsOnState
        ? then(describe(), result -> resolveByState(result, error))
        : finish(failed(error));
  }

  /** Another operation is in progress on the instance: retries after a delay. */
  private Mono<ShutdownOutcome> retryBusy(EcsException error) {
    Duration now = elapsed();
    busySince = busySince == null ? now : busySince;
    Duration delay = delay(++busyRetries);
    if (now.plus(delay).minus(busySince).compareTo(options.busyTimeout()) >= 0) {
      return describeOrFail(error.mutate().exhaustedLimit(Limit.DEADLINE).build());
    }
    return runAfter(delay);
  }

  private Duration delay(int retries) {
    return options.busyBackoff().delay(retries, ThreadLocalRandom.current().nextDouble());
  }

  private Mono<ShutdownOutcome> runAfter(Duration delay) {
    return Mono.delay(delay, Schedulers.parallel())
        .takeUntilOther(run.control().stopped())
        .then(Mono.defer(this::run));
  }

  /** Resolves a stop that was rejected or whose effect is unknown by the state of the instance. */
  private Mono<ShutdownOutcome> resolveByState(WaitResult result, EcsException error) {
    if (result instanceof WaitResult.Reached reached) {
      return resolveByState(reached, error);
    }
    if (result instanceof WaitResult.NotFound) {
      return finish(notListed());
    }
    if (result instanceof WaitResult.PollFailed pollFailed) {
      return finish(
          unconfirmed(
              "after " + error.errorCode().code() + " its state cannot be seen",
              pollFailed.error()));
    }
    if (result instanceof WaitResult.Aborted && !mayHaveTakenEffect()) {
      return finish(skipped());
    }
    return finish(unconfirmed("its state did not become clear " + timeoutText(result), error));
  }

  private Mono<ShutdownOutcome> resolveByState(WaitResult.Reached reached, EcsException error) {
    if (reached.state() == State.STOPPED) {
      return finish(stopped(reached));
    }
    if (reached.state() == State.STOPPING) {
      return awaitsStopped() ? awaitStopped(error) : finish(stopping());
    }
    if (reached.state().isPassing() && (mayHaveTakenEffect() || !options.isDryRun())) {
      return then(awaitStableState(), later -> resolveByState(later, error));
    }
    // The token is the same each time: a late earlier request takes effect once.
    boolean mayPass = error.category() != Category.CONFLICT;
    return reached.state() == State.RUNNING && mayPass && ++rounds < MAX_ROUNDS
        ? run()
        : finish(notStopped(reached, error));
  }

  private ShutdownOutcome notStopped(WaitResult.Reached reached, EcsException error) {
    if (!mayHaveTakenEffect()) {
      return failed(error);
    }
    return options.isDryRun()
        ? outcomeOfDryRun(reached.status(), error)
        : unconfirmed(
            "the request may have been delivered; the instance is " + reached.status(), error);
  }

  private Mono<WaitResult> describe() {
    return run.waiter().await(id, state -> true, options.stopTimeout());
  }

  private Mono<WaitResult> awaitStableState() {
    return run.waiter().await(id, Predicate.not(State::isPassing), options.stopTimeout());
  }

  private Mono<ShutdownOutcome> awaitStopped(@Nullable EcsException error) {
    return then(
        run.waiter()
            .await(
                id, state -> state == State.STOPPED || state == State.ERROR, options.stopTimeout()),
        result -> finish(confirm(result, error)));
  }

  private ShutdownOutcome confirm(WaitResult result, @Nullable EcsException error) {
    if (result instanceof WaitResult.Reached reached) {
      return reached.state() == State.STOPPED ? stopped(reached) : failed(endedInError(reached));
    }
    if (result instanceof WaitResult.NotFound) {
      return notListed();
    }
    if (result instanceof WaitResult.StartedAgain again) {
      return unconfirmed("it was stopping, and is " + again.status() + " again", error);
    }
    if (result instanceof WaitResult.Aborted && !mayHaveTakenEffect()) {
      return skipped();
    }
    if (result instanceof WaitResult.PollFailed pollFailed) {
      return unconfirmed(acceptancePrefix() + "its state cannot be seen", pollFailed.error());
    }
    return unconfirmed(acceptancePrefix() + "not stopped " + timeoutText(result), error);
  }

  // A list may omit the instance, under a project policy for example; that says nothing about a
  // stop that was sent.
  private ShutdownOutcome notListed() {
    return mayHaveTakenEffect()
        ? unconfirmed(acceptancePrefix() + "the service does not list the instance", notFound())
        : failed(notFound());
  }

  private String acceptancePrefix() {
    return accepted ? "accepted, but " : "not seen as accepted, and ";
  }

  private Mono<ShutdownOutcome> finish(ShutdownOutcome outcome) {
    counted = outcome;
    run.onOutcome(outcome, accepted && awaitsStopped());
    return Mono.just(outcome);
  }

  private String timeoutText(WaitResult result) {
    boolean wasAborted = result instanceof WaitResult.Aborted;
    String last =
        result instanceof WaitResult.Aborted aborted
            ? aborted.lastStatus()
            : result instanceof WaitResult.TimedOut timedOut ? timedOut.lastStatus() : null;
    return (wasAborted ? "before the run was ended" : "within " + options.stopTimeout())
        + (last == null ? "" : "; last seen " + last);
  }

  private boolean mayHaveTakenEffect() {
    return unknownDelivery || resumed;
  }

  private ShutdownOutcome stopped(WaitResult.Reached reached) {
    if (options.isDryRun()) {
      return outcomeOfDryRun(reached.status(), lastError);
    }
    StoppedMode other =
        options.stoppedMode() == StoppedMode.KEEP_CHARGING
            ? StoppedMode.STOP_CHARGING
            : StoppedMode.KEEP_CHARGING;
    // Stopped in the other mode: charging may continue, so this is not the wanted state.
    if (other.wireName().equals(reached.stoppedMode())) {
      String wanted = options.stoppedMode().wireName();
      return unconfirmed(
          "it is stopped, but as " + other.wireName() + " and not as " + wanted, lastError);
    }
    return mayHaveTakenEffect() ? new Stopped(id, stats()) : new AlreadyStopped(id, stats());
  }

  private ShutdownOutcome stopping() {
    if (options.isDryRun()) {
      return outcomeOfDryRun(State.STOPPING.name(), lastError);
    }
    return mayHaveTakenEffect() ? new Accepted(id, stats()) : new AlreadyStopped(id, stats());
  }

  /** A dry run stops nothing if the service answered it; an unanswered one may have. */
  private ShutdownOutcome outcomeOfDryRun(String status, @Nullable EcsException error) {
    return mayHaveTakenEffect()
        ? unconfirmed("the answer to a dry run is missing; the instance is " + status, error)
        : new AlreadyStopped(id, stats());
  }

  private ShutdownOutcome skipped() {
    String before = resumed ? " again; it may have been called before" : "";
    String reason =
        "the run ended before it was called"
            + (lastError == null ? before : " again, after " + lastError.errorCode().code());
    return mayHaveTakenEffect() ? unconfirmed(reason, lastError) : new Skipped(id, stats(), reason);
  }

  private ShutdownOutcome failed(EcsException error) {
    return new Failed(id, stats(), withDelivery(error));
  }

  private ShutdownOutcome unconfirmed(String reason, @Nullable EcsException error) {
    return new Unconfirmed(id, stats(), reason, error == null ? null : withDelivery(error));
  }

  /**
   * Sets the delivery of the stop: the error may be that of a poll, or know less than an earlier
   * one.
   */
  private EcsException withDelivery(EcsException error) {
    if (mayHaveTakenEffect() == (error.delivery() == Delivery.UNKNOWN)) {
      return error;
    }
    return error.mutate().delivery(mayHaveTakenEffect() ? Delivery.UNKNOWN : ownDelivery()).build();
  }

  private Delivery ownDelivery() {
    return lastError == null ? Delivery.NOT_SENT : lastError.delivery();
  }

  private EcsException notFound() {
    Delivery delivery = mayHaveTakenEffect() ? Delivery.UNKNOWN : Delivery.REJECTED;
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, delivery)
        .action("DescribeInstances")
        .detail("The service does not list the instance")
        .build();
  }

  private EcsException endedInError(WaitResult.Reached reached) {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_STATUS, Delivery.REJECTED)
        .action("DescribeInstances")
        .detail(
            "The request was "
                + (accepted
                    ? "accepted"
                    : mayHaveTakenEffect()
                        ? "not seen as accepted, though it may have been"
                        : "not accepted")
                + ", and the instance ended in "
                + reached.status())
        .build();
  }

  /**
   * Used in place of {@code Mono.flatMap}, which may lose a cancel while it subscribes to the inner
   * publisher.
   */
  private static <A, B> Mono<B> then(Mono<A> first, Function<A, Mono<B>> next) {
    return first.flatMapMany(next).singleOrEmpty();
  }

  private CallStats stats() {
    return new CallStats(attempts, elapsed(), requestId);
  }

  private Duration elapsed() {
    return Duration.ofNanos(nanos() - startNanos);
  }

  private static long nanos() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}
