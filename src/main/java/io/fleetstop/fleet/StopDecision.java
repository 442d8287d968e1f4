package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.StopEvent.Accepted;
import io.fleetstop.fleet.StopEvent.Broken;
import io.fleetstop.fleet.StopEvent.Frozen;
import io.fleetstop.fleet.StopEvent.Polled;
import io.fleetstop.fleet.StopEvent.Rejected;
import io.fleetstop.fleet.StopEvent.RunStopped;
import io.fleetstop.fleet.StopEvent.Signal;
import io.fleetstop.fleet.StopState.AwaitingGoal;
import io.fleetstop.fleet.StopState.BackingOff;
import io.fleetstop.fleet.StopState.Calling;
import io.fleetstop.fleet.StopState.DescribingFirst;
import io.fleetstop.fleet.StopState.Finished;
import io.fleetstop.fleet.StopState.Ready;
import io.fleetstop.fleet.StopState.Resolving;
import io.fleetstop.fleet.StopState.Verifying;
import io.fleetstop.fleet.StopStep.BackOff;
import io.fleetstop.fleet.StopStep.Cause;
import io.fleetstop.fleet.StopStep.Finish;
import io.fleetstop.fleet.StopStep.Move;
import io.fleetstop.poll.WaitResult;
import org.jspecify.annotations.Nullable;

/**
 * Decides what happens next to one instance: a table of states and events. Pure: no clock, no
 * random numbers, no I/O. The same table as a document is the page <i>decisions</i>.
 *
 * @param state the state after the event
 * @param step what to do in it
 */
record StopDecision(StopState state, StopStep step) {

  /** The first decision about each instance of a new run. */
  private static final StopDecision NEW = enqueue(StopFacts.initial(false));

  /**
   * Returns the first decision about an instance.
   *
   * @param resumed whether an earlier run may have called the instance
   * @param describeFirst whether the instance is described before it is called
   */
  static StopDecision start(boolean resumed, boolean describeFirst) {
    if (!resumed && !describeFirst) {
      return NEW;
    }
    StopFacts facts = StopFacts.initial(resumed);
    return describeFirst
        ? new StopDecision(new DescribingFirst(facts), Move.DESCRIBE)
        : enqueue(facts);
  }

  /**
   * Returns the decision about {@code event} in {@code state}.
   *
   * @throws IllegalStateException if the event cannot happen in the state
   */
  static StopDecision decide(StopState state, StopEvent event, StopSettings settings) {
    StopFacts facts = state.facts();
    if (state instanceof Finished finished) {
      return new StopDecision(finished, finished.outcome());
    }
    if (event instanceof Broken broken) {
      return finish(facts, StopOutcomes.broken(facts, broken.error()));
    }
    if (state instanceof Ready && event instanceof RunStopped) {
      return finish(facts, StopOutcomes.skipped(facts));
    }
    if (state instanceof Ready && event == Signal.RUN_PAUSED) {
      return new StopDecision(state, Move.AWAIT_RESUME);
    }
    if (state instanceof Ready && event == Signal.STEP_DONE) {
      return facts.intentRecorded()
          ? new StopDecision(new Calling(facts), Move.CALL)
          : new StopDecision(new Ready(facts.afterIntent()), Move.RECORD_INTENT);
    }
    if (state instanceof Calling) {
      return afterCall(facts, event, settings);
    }
    if (state instanceof BackingOff && event == Signal.STEP_DONE) {
      return enqueue(facts);
    }
    if (state instanceof BackingOff busy && event == Signal.BUSY_TIMEOUT) {
      return describeOrFail(facts, busy.error().mutate().exhaustedLimit(Limit.DEADLINE).build());
    }
    if (event instanceof Polled polled) {
      return afterPoll(state, polled.result(), settings);
    }
    throw impossible(state, event);
  }

  private static StopDecision afterCall(StopFacts facts, StopEvent event, StopSettings settings) {
    if (event instanceof Accepted) {
      return onAccepted(facts.afterAcceptance(), settings);
    }
    if (event instanceof Rejected rejected) {
      return onRejected(facts.afterError(rejected.error()), rejected.error(), settings);
    }
    if (event instanceof Frozen frozen) {
      // The service may have had no time at all; the token is the same.
      StopFacts known = facts.afterError(frozen.error());
      return known.mayRepeat()
          ? enqueue(known.afterRound())
          : describeOrFail(known, frozen.error());
    }
    if (event instanceof RunStopped stop) {
      EcsException error = stop.error();
      StopFacts known =
          error == null || error.errorCode().equals(ClientErrors.CLOSED)
              ? facts
              : facts.afterError(error);
      return finish(known, StopOutcomes.skipped(known));
    }
    if (event == Signal.RUN_PAUSED) {
      return new StopDecision(new Ready(facts), Move.AWAIT_RESUME);
    }
    if (event == Signal.STEP_DONE) {
      return new StopDecision(new Calling(facts), Move.CALL);
    }
    throw impossible(new Calling(facts), event);
  }

  private static StopDecision onAccepted(StopFacts facts, StopSettings settings) {
    if (settings.dryRun()) {
      return finish(facts, StopOutcomes.dryRunPassed());
    }
    if (settings.awaitGoal()) {
      return new StopDecision(new AwaitingGoal(facts, null), Move.AWAIT_GOAL);
    }
    // The token is that of the earlier run, so the reply may be the earlier one.
    return facts.resumed()
        ? new StopDecision(new Verifying(facts), Move.DESCRIBE)
        : finish(facts, StopOutcomes.accepted());
  }

  private static StopDecision onRejected(
      StopFacts facts, EcsException error, StopSettings settings) {
    if (StopErrors.isUnexpectedSuccess(error)) {
      return finish(facts, StopOutcomes.unexpectedSuccess(facts, error, settings));
    }
    Cause slow = StopErrors.slowCause(error, settings.operation());
    if (slow != null) {
      StopFacts busy = facts.afterBusy();
      return new StopDecision(new BackingOff(busy, error), new BackOff(slow, busy.busyRetries()));
    }
    boolean unsent = error.delivery() == Delivery.NOT_SENT;
    if (StopErrors.isQueueFull(error) && (unsent || facts.mayRepeat())) {
      StopFacts full = (unsent ? facts : facts.afterRound()).afterQueueFull();
      return new StopDecision(
          new BackingOff(full, error), new BackOff(Cause.QUEUE_FULL, full.queueFullRetries()));
    }
    boolean queued = StopErrors.isQueueTimeout(error);
    if (StopErrors.isLocallyStarved(error) && (queued || facts.mayRepeat())) {
      return enqueue(queued ? facts : facts.afterRound());
    }
    return describeOrFail(facts, error);
  }

  private static StopDecision describeOrFail(StopFacts facts, EcsException error) {
    return facts.mayHaveTakenEffect() || StopErrors.dependsOnState(error)
        ? new StopDecision(new Resolving(facts, error), Move.DESCRIBE)
        : finish(facts, StopOutcomes.failed(facts, error));
  }

  private static StopDecision afterPoll(StopState state, WaitResult result, StopSettings settings) {
    StopFacts facts = state.facts();
    if (state instanceof DescribingFirst) {
      return resume(facts, result, settings);
    }
    if (state instanceof Verifying) {
      return finish(facts, StopOutcomes.ofRepeatedCall(facts, result, settings));
    }
    if (state instanceof AwaitingGoal awaiting) {
      return !(result instanceof WaitResult.Reached reached)
              || settings.operation().endsWait(reached.state())
          ? finish(facts, StopOutcomes.ofAwaited(facts, result, awaiting.error(), settings))
          : new StopDecision(state, Move.AWAIT_GOAL);
    }
    if (state instanceof Resolving resolving) {
      return resolve(facts, result, resolving.error(), settings);
    }
    throw impossible(state, new Polled(result));
  }

  /** An earlier run may have called the instance. */
  private static StopDecision resume(StopFacts facts, WaitResult result, StopSettings settings) {
    if (result instanceof WaitResult.Reached reached) {
      if (reached.state() == settings.operation().goal()) {
        return finish(facts, StopOutcomes.reached(facts, reached, settings));
      }
      if (reached.state() == settings.operation().leading()) {
        return leading(facts, null, settings);
      }
    }
    // The token is the same as before; the call reveals any other obstacle.
    return enqueue(facts);
  }

  /** A rejected call, or one whose effect is unknown, is resolved by the state of the instance. */
  private static StopDecision resolve(
      StopFacts facts, WaitResult result, EcsException error, StopSettings settings) {
    if (!(result instanceof WaitResult.Reached reached)) {
      return finish(facts, StopOutcomes.ofUnresolved(facts, result, error));
    }
    Operation operation = settings.operation();
    if (reached.state() == operation.goal()) {
      return finish(facts, StopOutcomes.reached(facts, reached, settings));
    }
    if (reached.state() == operation.leading()) {
      return leading(facts, error, settings);
    }
    if (operation.isPassing(reached.state())
        && (facts.mayHaveTakenEffect() || !settings.dryRun())) {
      return new StopDecision(new Resolving(facts, error), Move.AWAIT_STABLE);
    }
    // The token is the same each time: a late earlier request takes effect once.
    boolean mayPass = error.category() != Category.CONFLICT && !StopErrors.isDeadlineSpent(error);
    return reached.state() == operation.source() && mayPass && facts.mayRepeat()
        ? enqueue(facts.afterRound())
        : finish(facts, StopOutcomes.notReached(facts, reached, error, settings));
  }

  private static StopDecision leading(
      StopFacts facts, @Nullable EcsException error, StopSettings settings) {
    return settings.awaitGoal()
        ? new StopDecision(new AwaitingGoal(facts, error), Move.AWAIT_GOAL)
        : finish(facts, StopOutcomes.leading(facts, settings));
  }

  private static StopDecision enqueue(StopFacts facts) {
    return new StopDecision(new Ready(facts), Move.ENQUEUE);
  }

  private static StopDecision finish(StopFacts facts, Finish outcome) {
    return new StopDecision(new Finished(facts, outcome), outcome);
  }

  private static IllegalStateException impossible(StopState state, StopEvent event) {
    return new IllegalStateException(
        event.getClass().getSimpleName()
            + " cannot happen in state "
            + state.getClass().getSimpleName());
  }
}
