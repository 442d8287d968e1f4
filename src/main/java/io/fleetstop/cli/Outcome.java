package io.fleetstop.cli;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What became of an instance, as it is shown.
 *
 * @param instanceId the instance
 * @param kind what became of it
 * @param errorCode the code of the error that decided, or {@code null}
 * @param httpStatus the status of the reply that brought it, or {@code null}
 * @param requestId the service's id of the last request it answered, or {@code null}
 * @param attempts how many stop requests were tried
 * @param elapsedMillis from taking up the instance to its outcome
 * @param message what there is to say, or {@code null}
 */
record Outcome(
    String instanceId,
    Kind kind,
    @Nullable String errorCode,
    @Nullable Integer httpStatus,
    @Nullable String requestId,
    int attempts,
    long elapsedMillis,
    @Nullable String message) {

  /** The outcomes there are. */
  enum Kind {
    STOPPED("stopped"),
    ALREADY_STOPPED("already stopped"),
    ACCEPTED("accepted"),
    DRY_RUN_PASSED("passed the dry run"),
    FAILED("failed"),
    UNCONFIRMED("unconfirmed"),
    SKIPPED("skipped");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** As it stands in a sentence. */
    String words() {
      return words;
    }

    /** Whether it needs somebody's attention. */
    boolean isProblem() {
      return this == FAILED || this == UNCONFIRMED;
    }
  }

  static Outcome of(ShutdownOutcome outcome) {
    if (outcome instanceof Stopped) {
      return of(outcome, Kind.STOPPED, null, null);
    }
    if (outcome instanceof AlreadyStopped) {
      return of(outcome, Kind.ALREADY_STOPPED, null, null);
    }
    if (outcome instanceof Accepted) {
      return of(outcome, Kind.ACCEPTED, null, null);
    }
    if (outcome instanceof DryRunPassed) {
      return of(outcome, Kind.DRY_RUN_PASSED, null, null);
    }
    if (outcome instanceof Failed failed) {
      return of(failed, Kind.FAILED, failed.error(), message(failed.error()));
    }
    if (outcome instanceof Unconfirmed unconfirmed) {
      return of(unconfirmed, Kind.UNCONFIRMED, unconfirmed.error(), unconfirmed.reason());
    }
    return of(outcome, Kind.SKIPPED, null, ((Skipped) outcome).reason());
  }

  /** That of an instance that the operator wants left alone. */
  static Outcome leftOut(InstanceId id, String reason) {
    return new Outcome(id.value(), Kind.SKIPPED, null, null, null, 0, 0, reason);
  }

  /**
   * That of an instance that was called before the run went on, and is to be left alone now: nobody
   * knows what became of it.
   */
  static Outcome leftUnsettled(InstanceId id, String reason) {
    return new Outcome(
        id.value(),
        Kind.UNCONFIRMED,
        null,
        null,
        null,
        0,
        0,
        "may have been called before; now left alone: " + reason);
  }

  private static String message(EcsException error) {
    String detail = error.detail();
    return detail == null ? error.errorCode().meaning() : detail;
  }

  private static Outcome of(
      ShutdownOutcome outcome, Kind kind, @Nullable EcsException error, @Nullable String message) {
    String requestId = outcome.effort().requestId();
    return new Outcome(
        outcome.instanceId().value(),
        kind,
        error == null ? null : error.errorCode().code(),
        error == null ? null : error.httpStatus(),
        requestId == null && error != null ? error.requestId() : requestId,
        outcome.effort().attempts(),
        outcome.effort().elapsed().toMillis(),
        message);
  }

  /** The JSON object for it, with every field there is. */
  ObjectNode toJson() {
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
