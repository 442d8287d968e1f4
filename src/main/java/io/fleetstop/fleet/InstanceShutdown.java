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
    <T> Mono<T> inTurn(Supplier<Mono<T>> call);

    /** Completes when the instance may be called, unless the run has ended by then. */
    Mono<Void> intend(InstanceId id);

    Mono<StopInstance.Result> stop(StopInstance request);

    StopWaiter waiter();

    /** Takes note that a stop was accepted whose outcome is yet to come. */
    void countAwaited();

    /** Takes note of an outcome, before the place among the calls is given to another. */
    void count(ShutdownOutcome outcome, boolean wasAwaited);

    /** What is wanted of the run at present. */
    RunControl control();
  }

  private final RunContext run;
  private final ShutdownOptions options;
  private final StopInstance request;
  private final InstanceId id;
  private final boolean wasIntended;
  private final long startNanos = nanos();
  private int attempts;
  private int rounds;
  private int busyTries;
  private int fullTries;
  private @Nullable Duration busySince;
  private boolean isIntended;
  private boolean isAccepted;
  private boolean maybeOurs;
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
    this.wasIntended = wasIntended;
    this.isIntended = wasIntended;
  }

  /**
   * What becomes of the instance.
   *
   * @param isLookedAtFirst whether its state is asked for before it is called
   */
  Mono<ShutdownOutcome> outcome(boolean isLookedAtFirst) {
    // Twice, as the outcome that a failure comes to may meet another one when it is counted.
    return (isLookedAtFirst ? then(look(), this::goOn) : run())
        .onErrorResume(this::broken)
        .onErrorResume(this::broken);
  }

  /** A part that was given to the run, as its backoff, has failed: that is an outcome too. */
  private Mono<ShutdownOutcome> broken(Throwable failure) {
    if (counted != null) {
      return Mono.just(counted);
    }
    EcsException error = StopWaiter.asEcsException("StopInstance", failure);
    if (isOurs()) {
      return end(unconfirmed("a part of the run failed", error));
    }
    return end(failed(error));
  }

  /** What an instance's state says that may have been called before. */
  private Mono<ShutdownOutcome> goOn(WaitResult sighting) {
    if (sighting instanceof WaitResult.Reached seen) {
      if (seen.state() == State.STOPPED) {
        return end(stopped(seen));
      }
      if (seen.state() == State.STOPPING) {
        return isToBeAwaited() ? awaitStopped(null) : end(stopping());
      }
    }
    // The token is the same as before, and whatever else is the matter the call will tell.
    return run();
  }

  private Mono<ShutdownOutcome> run() {
    // The place among the calls is free again before the way goes on from what the call gave.
    return then(run.inTurn(this::call), next -> next);
  }

  private Mono<Mono<ShutdownOutcome>> call() {
    int turns = run.control().turns();
    if (run.control().isEnded()) {
      return Mono.just(end(notCalled()));
    }
    if (run.control().isPaused()) {
      // How long it stays busy is not known while nobody asks.
      busySince = null;
      return run.control().going().then(Mono.defer(this::call));
    }
    if (!isIntended) {
      isIntended = true;
      return run.intend(id).then(Mono.defer(this::call));
    }
    return run.stop(request)
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("the client gave no result")))
        .map(this::accepted)
        .onErrorResume(
            error -> callAgainOrRefused(StopWaiter.asEcsException("StopInstance", error), turns));
  }

  private Mono<Mono<ShutdownOutcome>> callAgainOrRefused(EcsException error, int turns) {
    if (counted != null) {
      return Mono.just(Mono.just(counted));
    }
    take(error);
    // What a pause cut short keeps its place; whoever else cuts calls short means it.
    boolean isPausedMeanwhile = run.control().turns() != turns && !run.control().isEnded();
    return StopErrors.isCutShort(error) && isPausedMeanwhile
        ? Mono.defer(this::call)
        : Mono.fromSupplier(() -> refused(error));
  }

  private void take(EcsException error) {
    attempts += StopErrors.tries(error);
    requestId = error.requestId() == null ? requestId : error.requestId();
  }

  private Mono<ShutdownOutcome> accepted(StopInstance.Result result) {
    attempts += result.attempts();
    requestId = result.requestId();
    isAccepted = true;
    maybeOurs = true;
    lastError = null;
    if (options.isDryRun()) {
      return end(new DryRunPassed(id, effort()));
    }
    if (!isToBeAwaited()) {
      return wasIntended
          ? then(look(), sighting -> end(acceptedAgain(sighting)))
          : end(new Accepted(id, effort()));
    }
    run.countAwaited();
    return awaitStopped(null);
  }

  /** The token was the same as before, and so the answer may be that to an earlier call. */
  private ShutdownOutcome acceptedAgain(WaitResult sighting) {
    if (sighting instanceof WaitResult.Reached seen) {
      return switch (seen.state()) {
        case STOPPED -> stopped(seen);
        case STOPPING -> stopping();
        default ->
            unconfirmed(
                "accepted, perhaps once before, and the instance is " + seen.status(), null);
      };
    }
    return confirm(sighting, null);
  }

  private Mono<ShutdownOutcome> refused(EcsException error) {
    if (StopErrors.isCutShort(error)) {
      lastError = error.errorCode().equals(ClientErrors.CLOSED) ? lastError : error;
      return end(notCalled());
    }
    lastError = error;
    // A dry run too: what became of one that was not answered is not known.
    maybeOurs |= error.delivery() == Delivery.UNKNOWN;
    if (StopErrors.isUnexpectedSuccess(error)) {
      return end(unconfirmed("the dry run was answered as if it were none", error));
    }
    if (error.category() == Category.BUSY) {
      return busy(error);
    }
    if (StopErrors.foundNoPlace(error)
        && (error.delivery() == Delivery.NOT_SENT || ++rounds < MAX_ROUNDS)) {
      return runLater(delay(++fullTries));
    }
    if (StopErrors.isOutOfTurn(error) && (StopErrors.hadNoTurn(error) || ++rounds < MAX_ROUNDS)) {
      return run();
    }
    return settleIfOpen(error);
  }

  private boolean isToBeAwaited() {
    return options.isAwaitingStopped() && !options.isDryRun();
  }

  /** Where the instance's state has a say in the outcome, it is looked at. */
  private Mono<ShutdownOutcome> settleIfOpen(EcsException error) {
    boolean isOpen = isOurs() || StopErrors.isAboutItsState(error);
    return isOpen ? then(look(), sighting -> settle(sighting, error)) : end(failed(error));
  }

  /** Others are at work on the instance: it is tried again when they may have finished. */
  private Mono<ShutdownOutcome> busy(EcsException error) {
    Duration now = elapsed();
    busySince = busySince == null ? now : busySince;
    Duration delay = delay(++busyTries);
    if (now.plus(delay).minus(busySince).compareTo(options.busyTimeout()) >= 0) {
      return settleIfOpen(error.mutate().exhaustedLimit(Limit.DEADLINE).build());
    }
    return runLater(delay);
  }

  private Duration delay(int tries) {
    return options.busyBackoff().delay(tries, ThreadLocalRandom.current().nextDouble());
  }

  private Mono<ShutdownOutcome> runLater(Duration delay) {
    return Mono.delay(delay, Schedulers.parallel())
        .takeUntilOther(run.control().ended())
        .then(Mono.defer(this::run));
  }

  /** What the instance's state says about a stop that was refused, or whose fate is unknown. */
  private Mono<ShutdownOutcome> settle(WaitResult sighting, EcsException error) {
    if (sighting instanceof WaitResult.Reached seen) {
      return settle(seen, error);
    }
    if (sighting instanceof WaitResult.NotFound) {
      return end(vanished());
    }
    if (sighting instanceof WaitResult.PollFailed unobservable) {
      return end(
          unconfirmed(
              "after " + error.errorCode().code() + " its state cannot be seen",
              unobservable.error()));
    }
    if (sighting instanceof WaitResult.Aborted && !isOurs()) {
      return end(notCalled());
    }
    return end(unconfirmed("its state did not become clear " + limitAndLast(sighting), error));
  }

  private Mono<ShutdownOutcome> settle(WaitResult.Reached seen, EcsException error) {
    if (seen.state() == State.STOPPED) {
      return end(stopped(seen));
    }
    if (seen.state() == State.STOPPING) {
      return isToBeAwaited() ? awaitStopped(error) : end(stopping());
    }
    if (seen.state().isPassing() && (isOurs() || !options.isDryRun())) {
      return then(awaitPassed(), later -> settle(later, error));
    }
    // The token is the same each time: should an earlier request still arrive, it counts once.
    boolean mayPass = error.category() != Category.CONFLICT;
    return seen.state() == State.RUNNING && mayPass && ++rounds < MAX_ROUNDS
        ? run()
        : end(notStopped(seen, error));
  }

  private ShutdownOutcome notStopped(WaitResult.Reached seen, EcsException error) {
    if (!isOurs()) {
      return failed(error);
    }
    return options.isDryRun()
        ? found(seen.status(), error)
        : unconfirmed(
            "the request may have been delivered; the instance is " + seen.status(), error);
  }

  private Mono<WaitResult> look() {
    return run.waiter().await(id, state -> true, options.stopTimeout());
  }

  private Mono<WaitResult> awaitPassed() {
    return run.waiter().await(id, Predicate.not(State::isPassing), options.stopTimeout());
  }

  private Mono<ShutdownOutcome> awaitStopped(@Nullable EcsException error) {
    return then(
        run.waiter()
            .await(
                id, state -> state == State.STOPPED || state == State.ERROR, options.stopTimeout()),
        sighting -> end(confirm(sighting, error)));
  }

  private ShutdownOutcome confirm(WaitResult sighting, @Nullable EcsException error) {
    if (sighting instanceof WaitResult.Reached seen) {
      return seen.state() == State.STOPPED ? stopped(seen) : failed(endedInError(seen));
    }
    if (sighting instanceof WaitResult.NotFound) {
      return vanished();
    }
    if (sighting instanceof WaitResult.StartedAgain again) {
      return unconfirmed("it was stopping, and is " + again.status() + " again", error);
    }
    if (sighting instanceof WaitResult.Aborted && !isOurs()) {
      return notCalled();
    }
    if (sighting instanceof WaitResult.PollFailed unobservable) {
      return unconfirmed(acceptance() + "its state cannot be seen", unobservable.error());
    }
    return unconfirmed(acceptance() + "not stopped " + limitAndLast(sighting), error);
  }

  // A list that leaves it out, as policies by project may, says nothing of a stop that was sent.
  private ShutdownOutcome vanished() {
    return isOurs()
        ? unconfirmed(acceptance() + "the service does not list the instance", notFound())
        : failed(notFound());
  }

  private String acceptance() {
    return isAccepted ? "accepted, but " : "not seen as accepted, and ";
  }

  private Mono<ShutdownOutcome> end(ShutdownOutcome outcome) {
    counted = outcome;
    run.count(outcome, isAccepted && isToBeAwaited());
    return Mono.just(outcome);
  }

  private String limitAndLast(WaitResult sighting) {
    boolean isGivenUp = sighting instanceof WaitResult.Aborted;
    String last =
        sighting instanceof WaitResult.Aborted givenUp
            ? givenUp.lastStatus()
            : sighting instanceof WaitResult.TimedOut timedOut ? timedOut.lastStatus() : null;
    return (isGivenUp ? "before the run was ended" : "within " + options.stopTimeout())
        + (last == null ? "" : "; last seen " + last);
  }

  private boolean isOurs() {
    return maybeOurs || wasIntended;
  }

  private ShutdownOutcome stopped(WaitResult.Reached seen) {
    if (options.isDryRun()) {
      return found(seen.status(), lastError);
    }
    StoppedMode other =
        options.stoppedMode() == StoppedMode.KEEP_CHARGING
            ? StoppedMode.STOP_CHARGING
            : StoppedMode.KEEP_CHARGING;
    // Stopped, but not as it was wanted: whoever wants the bill to end must hear of it.
    if (other.wireName().equals(seen.stoppedMode())) {
      String wanted = options.stoppedMode().wireName();
      return unconfirmed(
          "it is stopped, but as " + other.wireName() + " and not as " + wanted, lastError);
    }
    return isOurs() ? new Stopped(id, effort()) : new AlreadyStopped(id, effort());
  }

  private ShutdownOutcome stopping() {
    if (options.isDryRun()) {
      return found(State.STOPPING.name(), lastError);
    }
    return isOurs() ? new Accepted(id, effort()) : new AlreadyStopped(id, effort());
  }

  /** Whoever asks for a dry run stops nobody, if the service says so: one answer may be missing. */
  private ShutdownOutcome found(String status, @Nullable EcsException error) {
    return isOurs()
        ? unconfirmed("the answer to a dry run is missing; the instance is " + status, error)
        : new AlreadyStopped(id, effort());
  }

  private ShutdownOutcome notCalled() {
    String before = wasIntended ? " again; it may have been called before" : "";
    String reason =
        "the run ended before its turn came"
            + (lastError == null ? before : " again, after " + lastError.errorCode().code());
    return isOurs() ? unconfirmed(reason, lastError) : new Skipped(id, effort(), reason);
  }

  private ShutdownOutcome failed(EcsException error) {
    return new Failed(id, effort(), withDelivery(error));
  }

  private ShutdownOutcome unconfirmed(String reason, @Nullable EcsException error) {
    return new Unconfirmed(id, effort(), reason, error == null ? null : withDelivery(error));
  }

  /** What is known of the stop: the error may be that of a look, or know less than one before. */
  private EcsException withDelivery(EcsException error) {
    if (isOurs() == (error.delivery() == Delivery.UNKNOWN)) {
      return error;
    }
    return error.mutate().delivery(isOurs() ? Delivery.UNKNOWN : ownDelivery()).build();
  }

  private Delivery ownDelivery() {
    return lastError == null ? Delivery.NOT_SENT : lastError.delivery();
  }

  private EcsException notFound() {
    Delivery delivery = isOurs() ? Delivery.UNKNOWN : Delivery.REJECTED;
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, delivery)
        .action("DescribeInstances")
        .detail("The service does not list the instance")
        .build();
  }

  private EcsException endedInError(WaitResult.Reached seen) {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_STATUS, Delivery.REJECTED)
        .action("DescribeInstances")
        .detail(
            "The request was "
                + (isAccepted
                    ? "accepted"
                    : isOurs() ? "not seen as accepted, though it may have been" : "not accepted")
                + ", and the instance ended in "
                + seen.status())
        .build();
  }

  /** {@code Mono.flatMap} may lose a cancel that comes while it subscribes to what follows. */
  private static <A, B> Mono<B> then(Mono<A> first, Function<A, Mono<B>> next) {
    return first.flatMapMany(next).singleOrEmpty();
  }

  private CallStats effort() {
    return new CallStats(attempts, elapsed(), requestId);
  }

  private Duration elapsed() {
    return Duration.ofNanos(nanos() - startNanos);
  }

  private static long nanos() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}
