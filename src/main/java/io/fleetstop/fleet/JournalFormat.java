package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Formats and parses the lines of a journal. Pure functions. Each line ends with the checksum of
 * the bytes before it, because one changed byte could turn a run id into another one, or an outcome
 * into that of another instance.
 */
final class JournalFormat {

  /** The version of the format; a reader refuses any other. */
  static final int VERSION = 1;

  /** The first characters of every journal. */
  static final String START = "{\"journal\":\"fleetstop\",";

  /** The maximum length of a text of the service: lines stay short, whatever it sends. */
  private static final int MAX_TEXT = 300;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String CHECKSUM = ",\"crc\":\"";
  private static final int CHECKSUM_LENGTH = CHECKSUM.length() + 8 + "\"}".length();

  private JournalFormat() {}

  /** A parsed line. */
  sealed interface Line {}

  /** The first line: the run and its parameters. */
  record Header(
      String runId, @Nullable String scope, boolean forceStop, String stoppedMode, boolean dryRun)
      implements Line {

    static Header of(String runId, ShutdownOptions options) {
      return new Header(
          runId,
          options.scope(),
          options.isForceStop(),
          options.stoppedMode().wireName(),
          options.isDryRun());
    }
  }

  /** A stop request for an instance is about to be sent. */
  record Intent(InstanceId id) implements Line {}

  /**
   * The outcome of an instance.
   *
   * @param conclusive whether a resumed run skips the instance
   * @param rejected whether no request so far had an effect
   * @param errorCode the code of its error, empty if it has none
   */
  record OutcomeRecord(
      InstanceId id, Kind outcome, boolean conclusive, boolean rejected, String errorCode)
      implements Line {}

  /** The line is not one of a journal. The message says why. */
  static final class UnreadableLine extends Exception {

    private static final long serialVersionUID = 1L;

    UnreadableLine(String why) {
      super(why);
    }
  }

  static byte[] header(Header header) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("journal", "fleetstop")
            .put("version", VERSION)
            .put("runId", header.runId());
    if (header.scope() != null) {
      line.put("scope", header.scope());
    }
    return toLine(
        line.put("forceStop", header.forceStop())
            .put("stoppedMode", header.stoppedMode())
            .put("dryRun", header.dryRun()));
  }

  static byte[] intent(InstanceId id, Instant at) {
    return toLine(
        JSON.createObjectNode()
            .put("at", at.toString())
            .put("event", "intent")
            .put("instanceId", id.value()));
  }

  static byte[] outcome(ShutdownOutcome outcome, Instant at) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("at", at.toString())
            .put("event", "outcome")
            .put("instanceId", outcome.instanceId().value())
            .put("outcome", outcome.kind().name())
            .put("final", isConclusive(outcome));
    EcsException error = outcome.error();
    if (error != null) {
      line.put("errorCode", truncate(error.errorCode().code()));
      line.put("refused", error.delivery() != Delivery.UNKNOWN);
    }
    String message = messageOf(outcome, error);
    if (message != null) {
      line.put("message", truncate(message));
    }
    String requestId = outcome.stats().requestId();
    if (requestId != null) {
      line.put("requestId", truncate(requestId));
    }
    return toLine(
        line.put("attempts", outcome.stats().attempts())
            .put("elapsedMillis", outcome.stats().elapsed().toMillis()));
  }

  /**
   * Parses and validates a line.
   *
   * @param line the bytes of the line, without the line feed
   */
  static Line parse(byte[] line) throws UnreadableLine {
    JsonNode json;
    try {
      json = JSON.readTree(line);
    } catch (JacksonException e) {
      throw new UnreadableLine("it is not one JSON object with distinct keys");
    }
    if (json.has("journal")) {
      requireVersion(json);
    }
    requireChecksum(line);
    if (json.has("journal")) {
      return header(json);
    }
    return switch (text(json, "event")) {
      case "intent" -> new Intent(id(json));
      case "outcome" -> outcomeRecord(json);
      default -> throw new UnreadableLine("its event is neither intent nor outcome");
    };
  }

  private static void requireChecksum(byte[] line) throws UnreadableLine {
    int length = line.length - CHECKSUM_LENGTH;
    String end =
        length < 0 ? "" : new String(line, length, CHECKSUM_LENGTH, StandardCharsets.UTF_8);
    if (!end.equals(checksum(line, Math.max(0, length)))) {
      throw new UnreadableLine("its checksum is wrong: the line was changed after it was written");
    }
  }

  /** Returns the end of a line whose first {@code length} bytes are given. */
  static String checksum(byte[] line, int length) {
    CRC32C crc = new CRC32C();
    crc.update(line, 0, length);
    return String.format("%s%08x\"}", CHECKSUM, crc.getValue());
  }

  private static void requireVersion(JsonNode json) throws UnreadableLine {
    JsonNode version = json.path("version");
    if (!version.isInt() || version.intValue() != VERSION) {
      throw new UnreadableLine("its format is version " + version + ", not " + VERSION);
    }
  }

  private static Header header(JsonNode json) throws UnreadableLine {
    return new Header(
        name(json, "runId"),
        json.hasNonNull("scope") ? name(json, "scope") : null,
        flag(json, "forceStop"),
        stoppedMode(json),
        flag(json, "dryRun"));
  }

  private static OutcomeRecord outcomeRecord(JsonNode json) throws UnreadableLine {
    Kind kind = kind(json);
    boolean conclusive = flag(json, "final");
    if (conclusive && (kind == Kind.UNCONFIRMED || kind == Kind.SKIPPED)) {
      throw new UnreadableLine("its outcome " + kind + " cannot be final");
    }
    return new OutcomeRecord(
        id(json),
        kind,
        conclusive,
        json.has("refused") && flag(json, "refused"),
        json.has("errorCode") ? text(json, "errorCode") : "");
  }

  /** Returns a field that {@link ShutdownOptions} accepts as run id or scope. */
  private static String name(JsonNode json, String field) throws UnreadableLine {
    try {
      return ShutdownOptions.Builder.requireText(field, text(json, field));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its " + e.getMessage());
    }
  }

  private static String stoppedMode(JsonNode json) throws UnreadableLine {
    String name = text(json, "stoppedMode");
    if (Arrays.stream(StoppedMode.values()).noneMatch(mode -> mode.wireName().equals(name))) {
      throw new UnreadableLine("its stoppedMode is neither KeepCharging nor StopCharging");
    }
    return name;
  }

  private static Kind kind(JsonNode json) throws UnreadableLine {
    try {
      return Kind.valueOf(text(json, "outcome"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its outcome is unknown");
    }
  }

  private static InstanceId id(JsonNode json) throws UnreadableLine {
    try {
      return InstanceId.of(text(json, "instanceId"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its instanceId is not an instance id");
    }
  }

  private static String text(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isString()) {
      throw new UnreadableLine("its field \"" + field + "\" is missing or not a string");
    }
    return value.stringValue();
  }

  private static boolean flag(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isBoolean()) {
      throw new UnreadableLine("its field \"" + field + "\" is missing or not a boolean");
    }
    return value.booleanValue();
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

  private static byte[] toLine(ObjectNode line) {
    byte[] open = JSON.writeValueAsBytes(line);
    int length = open.length - 1;
    byte[] end = (checksum(open, length) + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(open, length + end.length);
    System.arraycopy(end, 0, whole, length, end.length);
    return whole;
  }
}
