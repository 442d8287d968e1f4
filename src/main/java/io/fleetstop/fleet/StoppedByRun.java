package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An instance that a run has stopped, or may have stopped.
 *
 * @param calledAt the time of the first call, or of the outcome if the journal has no call
 * @param at the time of the outcome, or of the last call if there is none
 * @param accepted whether a reply accepted the stop: otherwise the instance may have been stopped
 *     before
 * @param seen whether the service had reported it as stopped by then
 */
record StoppedByRun(InstanceId id, Instant calledAt, Instant at, boolean accepted, boolean seen) {

  static StoppedByRun called(InstanceId id, Instant at, @Nullable StoppedByRun before) {
    return new StoppedByRun(id, before == null ? at : before.calledAt, at, false, false);
  }

  static StoppedByRun of(OutcomeRecord outcome, @Nullable StoppedByRun before) {
    return new StoppedByRun(
        outcome.id(),
        before == null ? outcome.at() : before.calledAt,
        outcome.at(),
        outcome.accepted(),
        outcome.outcome() == Kind.STOPPED);
  }

  /** Whether the run may have stopped an instance with this outcome. */
  static boolean mayHaveStopped(OutcomeRecord outcome) {
    return switch (outcome.outcome()) {
      case STOPPED, ACCEPTED, UNCONFIRMED -> true;
      // A failure whose requests were all rejected, or none was sent, has stopped nothing.
      case FAILED -> !outcome.rejected();
      default -> false;
    };
  }
}
