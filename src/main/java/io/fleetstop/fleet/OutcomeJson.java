package io.fleetstop.fleet;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import org.jspecify.annotations.Nullable;

/**
 * The JSON object of an outcome: the only definition of what Jackson 2, Jackson 3 and the command
 * line's {@code --output jsonl} write. Every field is always present, in this order, whatever
 * naming or inclusion the application configures, except {@code region} and {@code account}, which
 * only a run over several targets has.
 *
 * @param instanceId the id of the instance
 * @param region the region, or {@code null} if the run has one target
 * @param account the name of the account, or {@code null} if the run has one target
 * @param outcome the name of the {@link ShutdownOutcome.Kind}
 * @param errorCode the code of the deciding error, or {@code null}
 * @param httpStatus the status of the reply with that error, or {@code null}
 * @param requestId the id of the last answered request, or {@code null}
 * @param attempts the number of attempts to send a request
 * @param elapsedMillis the time from the start of the instance to its outcome
 * @param message the reason, or {@code null}
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonPropertyOrder({
  "instanceId",
  "region",
  "account",
  "outcome",
  "errorCode",
  "httpStatus",
  "requestId",
  "attempts",
  "elapsedMillis",
  "message"
})
public record OutcomeJson(
    @JsonProperty("instanceId") String instanceId,
    @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("region") @Nullable String region,
    @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("account") @Nullable String account,
    @JsonProperty("outcome") String outcome,
    @JsonProperty("errorCode") @Nullable String errorCode,
    @JsonProperty("httpStatus") @Nullable Integer httpStatus,
    @JsonProperty("requestId") @Nullable String requestId,
    @JsonProperty("attempts") int attempts,
    @JsonProperty("elapsedMillis") long elapsedMillis,
    @JsonProperty("message") @Nullable String message) {

  static OutcomeJson of(ShutdownOutcome outcome) {
    EcsException error = outcome.error();
    String requestId = outcome.stats().requestId();
    return new OutcomeJson(
        outcome.instanceId().value(),
        null,
        null,
        outcome.kind().name(),
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.httpStatus(),
        requestId == null && error != null ? error.requestId() : requestId,
        outcome.stats().attempts(),
        outcome.stats().elapsed().toMillis(),
        message(outcome, error));
  }

  /** Returns the same with the region and the account of a target. */
  OutcomeJson in(Target target) {
    return new OutcomeJson(
        instanceId,
        target.region(),
        target.account(),
        outcome,
        errorCode,
        httpStatus,
        requestId,
        attempts,
        elapsedMillis,
        message);
  }

  private static @Nullable String message(ShutdownOutcome outcome, @Nullable EcsException error) {
    if (outcome instanceof Unconfirmed unconfirmed) {
      return unconfirmed.reason();
    }
    if (outcome instanceof Skipped skipped) {
      return skipped.reason();
    }
    if (error == null) {
      return null;
    }
    return error.reason();
  }
}
