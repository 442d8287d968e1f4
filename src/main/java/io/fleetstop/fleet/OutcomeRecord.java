package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyRunning;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Started;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of an instance in a journal.
 *
 * @param conclusive whether a resumed run skips the instance
 * @param rejected whether no request so far had an effect
 * @param errorCode the code of its error, empty if it has none
 * @param accepted whether a reply accepted a request
 */
record OutcomeRecord(
    Instant at,
    InstanceId id,
    Kind outcome,
    boolean conclusive,
    boolean rejected,
    String errorCode,
    @Nullable String message,
    @Nullable String requestId,
    int attempts,
    long elapsedMillis,
    boolean accepted)
    implements JournalEvent {

  /** The maximum length of a text of the service: lines stay short, whatever it sends. */
  private static final int MAX_TEXT = 300;

  static OutcomeRecord of(ShutdownOutcome outcome, Instant at) {
    EcsException error = outcome.error();
    return new OutcomeRecord(
        at,
        outcome.instanceId(),
        outcome.kind(),
        isConclusive(outcome),
        error != null && error.delivery() != Delivery.UNKNOWN,
        error == null ? "" : truncate(error.errorCode().code()),
        truncateNullable(messageOf(outcome, error)),
        truncateNullable(outcome.stats().requestId()),
        outcome.stats().attempts(),
        outcome.stats().elapsed().toMillis(),
        outcome.stats().accepted());
  }

  @Override
  public boolean isDurable() {
    return false;
  }

  @Override
  public boolean isFinal() {
    return conclusive;
  }

  /** Whether a resumed run skips the instance; see the table of ShutdownJournal. */
  static boolean isConclusive(ShutdownOutcome outcome) {
    if (outcome instanceof Failed failed) {
      // A request that may have had an effect is checked with a describe call.
      return failed.error().delivery() != Delivery.UNKNOWN
          && isConclusive(failed.error().errorCode());
    }
    return outcome instanceof Stopped
        || outcome instanceof AlreadyStopped
        || outcome instanceof Started
        || outcome instanceof AlreadyRunning
        || outcome instanceof DryRunPassed
        || outcome instanceof Accepted;
  }

  private static boolean isConclusive(ErrorCode code) {
    // The category of an undocumented code is a guess.
    return code.scope() != ErrorCode.Scope.UNDOCUMENTED
        && switch (code.category()) {
          case STATE, CONFLICT, NOT_FOUND, REQUEST -> true;
          default -> false;
        };
  }

  private static @Nullable String messageOf(ShutdownOutcome outcome, @Nullable EcsException error) {
    if (outcome instanceof Unconfirmed unconfirmed) {
      return unconfirmed.reason();
    }
    if (outcome instanceof ShutdownOutcome.Skipped skipped) {
      return skipped.reason();
    }
    return error == null ? null : error.detail();
  }

  private static String truncate(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "\u2026";
  }

  private static @Nullable String truncateNullable(@Nullable String text) {
    return text == null ? null : truncate(text);
  }
}
