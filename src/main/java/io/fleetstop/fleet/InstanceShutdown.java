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
 * One instance's way from its first call to its outcome. Holds the state of one subscription; its
 * signals come one after another.
 */
final class InstanceShutdown {

  /** How often a stop is begun anew for an instance that is found in a state to be stopped from. */
  private static final int MAX_ROUNDS = 5;

  /** What an instance's way needs of the run it belongs to. */
  interface RunContext {

    /** Makes a call when it is its turn. */
    <T> Mono<T> withSlot(Supplier<Mono<T>> call);

    /** Completes when the instance may be called, unless the run has ended by then. */
    Mono<Void> recordIntent(InstanceId id);

    Mono<StopInstance.Result> stop(StopInstance request);

    StopWaiter waiter();

    /** Takes note that a stop was accepted whose outcome is yet to come. */
    void onAccepted();

    /** Takes note of an outcome, before the place among the calls is given to another. */
    void onOutcome(ShutdownOutcome outcome, boolean wasAwaited);

    /** What is wanted of the run at present. */
    RunControl control();
  }

  private final RunContext run;
  private final ShutdownOptions options;
  private final StopInstance request;
  private final InstanceId id;
  private final boolean intentRecordedBefore;
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
   * The way of one instance.
   *
   * @param wasIntended whether the run, before it was interrupted, may have called the instance
   *     with an effect
   */
  InstanceShutdown(
      RunContext run, ShutdownOptions options, StopInstance request, boolean wasIntended) {
    this.run = run;
    this.options = options;
    this.request = request;
    this.id = request.instanceId();
    this.intentRecordedBefore = wasIntended;
    this.intentRecorded = wasIntended;
  }

  /**
   * What becomes of the instance.
   *
   * @param describeFirst whether its state is asked for before it is called
   */
  Mono<ShutdownOutcome> outcome(boolean describeFirst) {
    // Twice, as the outcome that a failure comes to may meet another one when it is counted.
    return (describeFirst ? then(describe(), this::resumeFrom) : run())
        .onErrorResume(this::onUnexpectedError)
        .onErrorResume(this::onUnexpectedError);
  }

  /** A part that was given to the run, as its backoff, has failed: that is an outcome too. */
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

  /** What an instance's state says that may have been called before. */
  private Mono<ShutdownOutcome> resumeFrom(WaitResult result) {
    if (result instanceof WaitResult.Reached reached) {
      if (reached.state() == State.STOPPED) {
        return finish(stopped(reached));
      }
      if (reached.state() == State.STOPPING) {
        return awaitsStopped() ? awaitStopped(null) : finish(stopping());
      }
    }
    // The token is the same as before, and whatever else is the matter the call will tell.
    return run();
  }

  private Mono<ShutdownOutcome> run() {
    // The place among the calls is free again before the way goes on from what the call gave.
    return then(run.withSlot(this::call), next -> next);
  }

  private Mono<Mono<ShutdownOutcome>> call() {
    int pauseEpoch = run.control().pauseEpoch();
    if (run.control().isStopped()) {
      return Mono.just(finish(skipped()));
    }
    if (run.control().isPaused()) {
      // How long it stays busy is not known while nobody asks.
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
    // What a pause cut short keeps its place; whoever else cuts calls short means it.
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
      return intentRecordedBefore
          ? then(describe(), found -> finish(outcomeOfRepeatedCall(found)))
          : finish(new Accepted(id, stats()));
    }
    run.onAccepted();
    return awaitStopped(null);
  }

  /** The token was the same as before, and so the answer may be that to an earlier call. */
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
    // A dry run too: what became of one that was not answered is not known.
    unknownDelivery |= error.delivery() == Delivery.UNKNOWN;
    if (StopErrors.isUnexpectedSuccess(error)) {
      return finish(unconfirmed("the dry run was answered as if it were none", error));
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

  /** Where the instance's state has a say in the outcome, it is looked at. */
  private Mono<ShutdownOutcome> describeOrFail(EcsException error) {
    boolean dependsOnState = mayHaveTakenEffect() || StopErrors.dependsOnState(error);
    return dependsOnState
        ? then(describe(), result -> resolveByState(result, error))
        : finish(failed(error));
  }

  /** Others are at work on the instance: it is tried again when they may have finished. */
  private Mono<ShutdownOutcome> retryBusy(EcsException error) {
    Duration now = elapsed();
    busySince = busySince == null ? now : busySince;
    Duration delay = delay(++busyRetries);
    if (now.plus(delay).minus(busySince).compareTo(options.busyTimeout()) >= 0) {
      return describeOrFail(error.mutate().exhaustedLimit(Limit.DEADLINE).build());
    }
    return runAfter(delay);
  }

  private Duration delay(int tries) {
    return options.busyBackoff().delay(tries, ThreadLocalRandom.current().nextDouble());
  }

  private Mono<ShutdownOutcome> runAfter(Duration delay) {
    return Mono.delay(delay, Schedulers.parallel())
        .takeUntilOther(run.control().stopped())
        .then(Mono.defer(this::run));
  }

  /** What the instance's state says about a stop that was refused, or whose fate is unknown. */
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
    // The token is the same each time: should an earlier request still arrive, it counts once.
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

  // A list that leaves it out, as policies by project may, says nothing of a stop that was sent.
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
    return unknownDelivery || intentRecordedBefore;
  }

  private ShutdownOutcome stopped(WaitResult.Reached reached) {
    if (options.isDryRun()) {
      return outcomeOfDryRun(reached.status(), lastError);
    }
    StoppedMode other =
        options.stoppedMode() == StoppedMode.KEEP_CHARGING
            ? StoppedMode.STOP_CHARGING
            : StoppedMode.KEEP_CHARGING;
    // Stopped, but not as it was wanted: whoever wants the bill to end must hear of it.
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

  /** Whoever asks for a dry run stops nobody, if the service says so: one answer may be missing. */
  private ShutdownOutcome outcomeOfDryRun(String status, @Nullable EcsException error) {
    return mayHaveTakenEffect()
        ? unconfirmed("the answer to a dry run is missing; the instance is " + status, error)
        : new AlreadyStopped(id, stats());
  }

  private ShutdownOutcome skipped() {
    String before = intentRecordedBefore ? " again; it may have been called before" : "";
    String reason =
        "the run ended before its turn came"
            + (lastError == null ? before : " again, after " + lastError.errorCode().code());
    return mayHaveTakenEffect() ? unconfirmed(reason, lastError) : new Skipped(id, stats(), reason);
  }

  private ShutdownOutcome failed(EcsException error) {
    return new Failed(id, stats(), withDelivery(error));
  }

  private ShutdownOutcome unconfirmed(String reason, @Nullable EcsException error) {
    return new Unconfirmed(id, stats(), reason, error == null ? null : withDelivery(error));
  }

  /** What is known of the stop: the error may be that of a look, or know less than one before. */
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

  /** {@code Mono.flatMap} may lose a cancel that comes while it subscribes to what follows. */
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
