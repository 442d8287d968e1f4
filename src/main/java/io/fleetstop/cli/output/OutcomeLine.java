package io.fleetstop.cli.output;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.TargetOutcome;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The displayed outcome of an instance.
 *
 * @param instanceId the instance
 * @param target where it is, or {@code null} if the run has one target
 * @param kind the kind of outcome
 * @param errorCode the code of the deciding error, or {@code null}
 * @param httpStatus the status of the reply that brought it, or {@code null}
 * @param requestId the service's id of the last request it answered, or {@code null}
 * @param attempts the number of attempts to send a stop request
 * @param elapsedMillis the time from the start of the instance to its outcome
 * @param message the reason, or {@code null}
 */
public record OutcomeLine(
    String instanceId,
    @Nullable Target target,
    Kind kind,
    @Nullable String errorCode,
    @Nullable Integer httpStatus,
    @Nullable String requestId,
    int attempts,
    long elapsedMillis,
    @Nullable String message) {

  private static final JsonMapper MAPPER = new JsonMapper();

  public static OutcomeLine of(ShutdownOutcome outcome) {
    return of(outcome.toJson());
  }

  /** Returns an outcome that was recorded. */
  public static OutcomeLine of(OutcomeJson json) {
    return new OutcomeLine(
        json.instanceId(),
        json.region() == null || json.account() == null
            ? null
            : new Target(json.account(), json.region()),
        Kind.valueOf(json.outcome()),
        json.errorCode(),
        json.httpStatus(),
        json.requestId(),
        json.attempts(),
        json.elapsedMillis(),
        json.message());
  }

  /** Whether the instance was skipped only because the run ended: it is as it was. */
  boolean isCutShort() {
    return kind == Kind.SKIPPED && message != null && message.startsWith("the run ended before");
  }

  /** Returns an outcome in one of several targets. */
  public static OutcomeLine of(TargetOutcome outcome) {
    return of(outcome.toJson());
  }

  /** Returns the same outcome in one of several targets. */
  public OutcomeLine in(@Nullable Target where) {
    return new OutcomeLine(
        instanceId,
        where,
        kind,
        errorCode,
        httpStatus,
        requestId,
        attempts,
        elapsedMillis,
        message);
  }

  /** Returns the id for people, after the target if there are several. */
  public String shownId() {
    return target == null ? instanceId : target + "/" + instanceId;
  }

  /** Returns the outcome of an instance that is protected or excluded. */
  public static OutcomeLine skipped(InstanceId id, String reason) {
    return new OutcomeLine(id.value(), null, Kind.SKIPPED, null, null, null, 0, 0, reason);
  }

  /**
   * Returns the outcome of an instance that may have been called before the run was resumed, and is
   * skipped now: it has no final outcome.
   */
  public static OutcomeLine leftUnsettled(InstanceId id, String reason) {
    return new OutcomeLine(
        id.value(),
        null,
        Kind.UNCONFIRMED,
        null,
        null,
        null,
        0,
        0,
        "may have been called before; skipped now: " + reason);
  }

  /** Returns the outcome of an instance that is not called, since the service does not list it. */
  public static OutcomeLine unlisted(InstanceId id) {
    return new OutcomeLine(
        id.value(),
        null,
        Kind.FAILED,
        EcsErrors.INVALID_INSTANCE_NOT_FOUND.code(),
        null,
        null,
        0,
        0,
        "The service does not list the instance, so whether it is protected is unknown. No stop was"
            + " sent. Check the id and the region");
  }

  /** Returns the outcome of an instance that could not be described, so that no stop was sent. */
  public static OutcomeLine undescribed(InstanceId id, @Nullable String reason) {
    return new OutcomeLine(
        id.value(), null, Kind.UNCONFIRMED, null, null, null, 0, 0, "no stop was sent: " + reason);
  }

  /** Returns the state of an instance that is in the journal of a run without an outcome. */
  public static OutcomeLine open(InstanceId id, String reason) {
    return new OutcomeLine(id.value(), null, Kind.UNCONFIRMED, null, null, null, 0, 0, reason);
  }

  /** Returns the JSON object, with every field. */
  public ObjectNode toJson() {
    return MAPPER.valueToTree(
        new OutcomeJson(
            instanceId,
            target == null ? null : target.region(),
            target == null ? null : target.account(),
            kind.name(),
            errorCode,
            httpStatus,
            requestId,
            attempts,
            elapsedMillis,
            message));
  }

  /** Returns the deciding error and the reason, or {@code null} if there is neither. */
  @Nullable String reason() {
    if (errorCode == null || message == null) {
      return errorCode == null ? message : errorCode;
    }
    return errorCode + ": " + message;
  }

  /** Returns the text line, with the id padded to a width. */
  String toText(int idWidth, InstanceLabel label) {
    String reason = reason();
    String known = label.inText();
    StringBuilder line = new StringBuilder(shownId());
    pad(line, idWidth).append("  ").append(kind);
    if (reason != null || !known.isEmpty()) {
      pad(line, idWidth + 2 + Kind.DRY_RUN_PASSED.name().length() + 1).append(' ');
      line.append(reason == null ? "" : TerminalText.escape(reason));
      line.append(reason == null || known.isEmpty() ? "" : " ");
      line.append(known.isEmpty() ? "" : "[" + known + "]");
    }
    return line.toString();
  }

  private static StringBuilder pad(StringBuilder line, int width) {
    int columns = TerminalText.columns(line.toString());
    return line.append(" ".repeat(Math.max(0, width - columns)));
  }
}
