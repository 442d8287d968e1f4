package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import org.jspecify.annotations.Nullable;

/**
 * What became of an instance, in the fields that {@code fleetstop stop --output jsonl} has too.
 *
 * @param instanceId the instance
 * @param outcome what became of it
 * @param errorCode the code of the error that decided, or {@code null}
 * @param httpStatus the status of the reply that brought it, or {@code null}
 * @param requestId the service's id of the last stop request that it answered, or {@code null}
 * @param attempts how many stop requests were tried
 * @param elapsedMillis from taking up the instance to its outcome
 * @param message what there is to say, or {@code null}
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
    String requestId = outcome.effort().requestId();
    return new Outcome(
        outcome.instanceId().value(),
        outcome.kind(),
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.httpStatus(),
        requestId == null && error != null ? error.requestId() : requestId,
        outcome.effort().attempts(),
        outcome.effort().elapsed().toMillis(),
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
