package io.fleetstop.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.StopInstances.InstanceResult;
import org.jspecify.annotations.Nullable;

/**
 * The JSON object of an instance in the reply to {@link StopInstances}, as Jackson 2 and Jackson 3
 * write it. Every field is always present, in this order.
 *
 * @param instanceId the id of the instance
 * @param result {@code ACCEPTED}, {@code REJECTED} or {@code UNKNOWN}
 * @param errorCode the code of the error, or {@code null}
 * @param message the reason, or {@code null}
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonPropertyOrder({"instanceId", "result", "errorCode", "message"})
public record InstanceResultJson(
    @JsonProperty("instanceId") String instanceId,
    @JsonProperty("result") String result,
    @JsonProperty("errorCode") @Nullable String errorCode,
    @JsonProperty("message") @Nullable String message) {

  static InstanceResultJson of(InstanceResult result) {
    EcsException error = result.error();
    String known = result.isAccepted() ? "ACCEPTED" : "REJECTED";
    return new InstanceResultJson(
        result.instanceId().value(),
        result.isUnknown() ? "UNKNOWN" : known,
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.reason());
  }
}
