package io.fleetstop.cli.output;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The displayed outcome of an instance.
 *
 * @param instanceId the instance
 * @param kind the kind of outcome
 * @param errorCode the code of the deciding error, or {@code null}
 * @param httpStatus the status of the reply that brought it, or {@code null}
 * @param requestId the service's id of the last request it answered, or {@code null}
 * @param attempts how many stop requests were tried
 * @param elapsedMillis from taking up the instance to its outcome
 * @param message what there is to say, or {@code null}
 */
public record OutcomeLine(
    String instanceId,
    Kind kind,
    @Nullable String errorCode,
    @Nullable Integer httpStatus,
    @Nullable String requestId,
    int attempts,
    long elapsedMillis,
    @Nullable String message) {

  public static OutcomeLine of(ShutdownOutcome outcome) {
    EcsException error = outcome.error();
    String requestId = outcome.stats().requestId();
    return new OutcomeLine(
        outcome.instanceId().value(),
        outcome.kind(),
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.httpStatus(),
        requestId == null && error != null ? error.requestId() : requestId,
        outcome.stats().attempts(),
        outcome.stats().elapsed().toMillis(),
        message(outcome, error));
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
    String detail = error.detail();
    return detail == null ? error.errorCode().meaning() : detail;
  }

  /** Returns the outcome of an instance that is protected or excluded. */
  public static OutcomeLine skipped(InstanceId id, String reason) {
    return new OutcomeLine(id.value(), Kind.SKIPPED, null, null, null, 0, 0, reason);
  }

  /**
   * Returns the outcome of an instance that may have been called before the run was resumed, and is
   * skipped now: it has no final outcome.
   */
  public static OutcomeLine leftUnsettled(InstanceId id, String reason) {
    return new OutcomeLine(
        id.value(),
        Kind.UNCONFIRMED,
        null,
        null,
        null,
        0,
        0,
        "may have been called before; skipped now: " + reason);
  }

  /** The JSON object for it, with every field there is. */
  public ObjectNode toJson() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("instanceId", instanceId)
        .put("outcome", kind.name())
        .put("errorCode", errorCode)
        .put("httpStatus", httpStatus)
        .put("requestId", requestId)
        .put("attempts", attempts)
        .put("elapsedMillis", elapsedMillis)
        .put("message", message);
  }

  /** The line for it, with the id padded to a width. */
  String toText(int idWidth) {
    StringBuilder line = new StringBuilder(instanceId);
    pad(line, idWidth).append("  ").append(kind);
    if (errorCode != null || message != null) {
      pad(line, idWidth + 2 + Kind.DRY_RUN_PASSED.name().length() + 1).append(' ');
      line.append(errorCode == null ? "" : TerminalText.escape(errorCode));
      line.append(errorCode == null || message == null ? "" : ": ");
      line.append(message == null ? "" : TerminalText.escape(message));
    }
    return line.toString();
  }

  private static StringBuilder pad(StringBuilder line, int width) {
    while (line.length() < width) {
      line.append(' ');
    }
    return line;
  }
}
