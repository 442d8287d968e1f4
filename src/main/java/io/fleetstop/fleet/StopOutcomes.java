package io.fleetstop.fleet;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.Printable;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.StopStep.Finish;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.poll.WaitResult;
import io.fleetstop.poll.WaitResult.Reached;
import org.jspecify.annotations.Nullable;

/** Outcomes that follow from the facts about an instance. Pure functions. */
final class StopOutcomes {

  private StopOutcomes() {}

  static Finish accepted() {
    return new Finish(Kind.ACCEPTED, null, null);
  }

  static Finish dryRunPassed() {
    return new Finish(Kind.DRY_RUN_PASSED, null, null);
  }

  static Finish unexpectedSuccess(StopFacts facts, EcsException error, StopSettings settings) {
    return unconfirmed(
        facts, "the service answered the dry run as a real " + settings.operation().noun(), error);
  }

  /** A user-supplied part of the run failed. */
  static Finish broken(StopFacts facts, EcsException error) {
    return facts.mayHaveTakenEffect()
        ? unconfirmed(facts, "a part of the run failed", error)
        : failed(facts, error);
  }

  static Finish failed(StopFacts facts, EcsException error) {
    return new Finish(Kind.FAILED, null, facts.withDelivery(error));
  }

  /** The run ended before the instance was called, or before it was called again. */
  static Finish skipped(StopFacts facts) {
    EcsException error = facts.lastError();
    String before = facts.resumed() ? " again; it may have been called before" : "";
    String reason =
        "the run ended before it was called"
            + (error == null ? before : " again, after " + error.errorCode().code());
    return facts.mayHaveTakenEffect()
        ? unconfirmed(facts, reason, error)
        : new Finish(Kind.SKIPPED, reason, null);
  }

  /** The service reports the goal. */
  static Finish reached(StopFacts facts, Reached reached, StopSettings settings) {
    if (settings.dryRun()) {
      return ofDryRun(facts, reached.status(), facts.lastError(), settings);
    }
    Operation operation = settings.operation();
    String otherMode =
        operation == Operation.STOP
            ? otherMode(settings.stoppedMode(), reached.instance().stoppedMode())
            : null;
    if (otherMode != null) {
      return unconfirmed(facts, otherMode, facts.lastError());
    }
    return new Finish(
        facts.mayHaveTakenEffect() ? operation.done() : operation.already(), null, null);
  }

  /** Stopped in the other mode: charging may continue, so this is not the wanted state. */
  private static @Nullable String otherMode(StoppedMode wanted, @Nullable String mode) {
    StoppedMode other =
        wanted == StoppedMode.KEEP_CHARGING ? StoppedMode.STOP_CHARGING : StoppedMode.KEEP_CHARGING;
    return other.wireName().equals(mode)
        ? "it is stopped, but as " + mode + " and not as " + wanted.wireName()
        : null;
  }

  /** The service reports the state that leads to the goal, and the run does not wait. */
  static Finish leading(StopFacts facts, StopSettings settings) {
    if (settings.dryRun()) {
      return ofDryRun(facts, settings.operation().leading().name(), facts.lastError(), settings);
    }
    return new Finish(
        facts.mayHaveTakenEffect() ? Kind.ACCEPTED : settings.operation().already(), null, null);
  }

  /** The service reports a state in which the call had no effect yet, and none is awaited. */
  static Finish notReached(
      StopFacts facts, Reached reached, EcsException error, StopSettings settings) {
    if (!facts.mayHaveTakenEffect()) {
      return failed(facts, error);
    }
    return settings.dryRun()
        ? ofDryRun(facts, reached.status(), error, settings)
        : unconfirmed(
            facts,
            "the request may have been delivered; the instance is " + reached.status(),
            error);
  }

  /** A dry run has no effect if the service answered it; an unanswered one may have. */
  private static Finish ofDryRun(
      StopFacts facts, String status, @Nullable EcsException error, StopSettings settings) {
    return facts.mayHaveTakenEffect()
        ? unconfirmed(facts, "the answer to a dry run is missing; the instance is " + status, error)
        : new Finish(settings.operation().already(), null, null);
  }

  /** The token was that of an earlier run, so the acceptance may be the earlier reply. */
  static Finish ofRepeatedCall(StopFacts facts, WaitResult result, StopSettings settings) {
    if (!(result instanceof Reached reached)) {
      return ofAwaited(facts, result, null, settings);
    }
    if (reached.state() == settings.operation().goal()) {
      return reached(facts, reached, settings);
    }
    return reached.state() == settings.operation().leading()
        ? leading(facts, settings)
        : unconfirmed(
            facts, "accepted, perhaps once before, and the instance is " + reached.status(), null);
  }

  /** The wait for the goal ended. */
  static Finish ofAwaited(
      StopFacts facts, WaitResult result, @Nullable EcsException error, StopSettings settings) {
    if (result instanceof Reached reached) {
      return reached.state() == settings.operation().goal()
          ? reached(facts, reached, settings)
          : failed(facts, endedInError(facts, reached));
    }
    if (result instanceof WaitResult.NotFound) {
      return notListed(facts);
    }
    if (result instanceof WaitResult.Reverted reverted) {
      String before = settings.operation().leadingText();
      return unconfirmed(
          facts, "it was " + before + ", and is " + reverted.status() + " again", error);
    }
    if (result instanceof WaitResult.Aborted && !facts.mayHaveTakenEffect()) {
      return skipped(facts);
    }
    if (result instanceof WaitResult.PollFailed pollFailed) {
      return unconfirmed(
          facts, acceptancePrefix(facts) + "its state cannot be seen", pollFailed.error());
    }
    return unconfirmed(
        facts,
        acceptancePrefix(facts) + "not " + settings.operation().goalText() + " " + until(result),
        error);
  }

  /** No poll showed a state that resolves {@code error}. */
  static Finish ofUnresolved(StopFacts facts, WaitResult result, EcsException error) {
    if (result instanceof WaitResult.NotFound) {
      return notListed(facts);
    }
    if (result instanceof WaitResult.PollFailed pollFailed) {
      return unconfirmed(
          facts,
          "after " + error.errorCode().code() + " its state cannot be seen",
          pollFailed.error());
    }
    if (result instanceof WaitResult.Aborted && !facts.mayHaveTakenEffect()) {
      return skipped(facts);
    }
    return unconfirmed(facts, "its state did not become clear " + until(result), error);
  }

  // A list may omit the instance, under a project policy for example; that says nothing about a
  // call that was sent.
  private static Finish notListed(StopFacts facts) {
    return facts.mayHaveTakenEffect()
        ? unconfirmed(
            facts,
            acceptancePrefix(facts) + "the service does not list the instance",
            notFound(facts))
        : failed(facts, notFound(facts));
  }

  private static String acceptancePrefix(StopFacts facts) {
    return facts.accepted() ? "accepted, but " : "not seen as accepted, and ";
  }

  private static String until(WaitResult result) {
    if (result instanceof WaitResult.TimedOut timedOut) {
      return "within " + Printable.duration(timedOut.after()) + lastSeen(timedOut.lastStatus());
    }
    return "before the run was ended"
        + (result instanceof WaitResult.Aborted aborted ? lastSeen(aborted.lastStatus()) : "");
  }

  private static String lastSeen(@Nullable String status) {
    if (status == null) {
      return "";
    }
    return status.isEmpty() ? "; listed without a status" : "; last seen " + status;
  }

  private static Finish unconfirmed(StopFacts facts, String reason, @Nullable EcsException error) {
    return new Finish(Kind.UNCONFIRMED, reason, error == null ? null : facts.withDelivery(error));
  }

  private static EcsException notFound(StopFacts facts) {
    Delivery delivery = facts.mayHaveTakenEffect() ? Delivery.UNKNOWN : Delivery.REJECTED;
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, delivery)
        .action("DescribeInstances")
        .detail("The service does not list the instance")
        .build();
  }

  private static EcsException endedInError(StopFacts facts, Reached reached) {
    String acceptance =
        facts.accepted()
            ? "accepted"
            : facts.mayHaveTakenEffect()
                ? "not seen as accepted, though it may have been"
                : "not accepted";
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_STATUS, Delivery.REJECTED)
        .action("DescribeInstances")
        .detail("The request was " + acceptance + ", and the instance ended in " + reached.status())
        .build();
  }
}
