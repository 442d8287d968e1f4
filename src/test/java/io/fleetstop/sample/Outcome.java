package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of an instance, with the fields of {@code fleetstop stop --output jsonl}.
 *
 * @param instanceId the instance
 * @param outcome the kind of outcome
 * @param errorCode the code of the decisive error, or {@code null}
 * @param httpStatus the status of that error's reply, or {@code null}
 * @param requestId the service's id of the last answered stop request, or {@code null}
 * @param attempts the number of stop requests
 * @param elapsedMillis the time from the start of the instance to its outcome
 * @param message the reason, or {@code null}
 */
record Outcome(
    String instanceId,
    ShutdownOutcome.Kind outcome,
    @Nullable String errorCode,
    @Nullable Integer httpStatus,
    @Nullable String requestId,
    int attempts,
    long elapsedMillis,
    @Nullable String message) {

  static Outcome of(ShutdownOutcome outcome) {
    EcsException error = outcome.error();
    String requestId = outcome.stats().requestId();
    return new Outcome(
        outcome.instanceId().value(),
        outcome.kind(),
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.httpStatus(),
        requestId == null && error != null ? error.requestId() : requestId,
        outcome.stats().attempts(),
        outcome.stats().elapsed().toMillis(),
        message(outcome));
  }

  private static @Nullable String message(ShutdownOutcome outcome) {
    if (outcome instanceof ShutdownOutcome.Failed failed) {
      return RunFailure.message(failed.error());
    }
    if (outcome instanceof ShutdownOutcome.Unconfirmed unconfirmed) {
      return unconfirmed.reason();
    }
    return outcome instanceof ShutdownOutcome.Skipped skipped ? skipped.reason() : null;
  }
}
