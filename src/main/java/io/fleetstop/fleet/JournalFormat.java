package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
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
 * The lines of a journal, written and read. Pure functions. Each line ends with the checksum of
 * what is before it: a disk that changes a byte could otherwise make another run's tokens of a
 * run's, or another instance's outcome of an instance's.
 */
final class JournalFormat {

  /** The version of the format; a reader refuses any other. */
  static final int VERSION = 1;

  /** What every journal starts with. */
  static final String START = "{\"journal\":\"fleetstop\",";

  static final String ACCEPTED = "ACCEPTED";
  static final String FAILED = "FAILED";
  static final String SKIPPED = "SKIPPED";

  /** What the service sent is kept this far: a line must stay short, whatever it sends. */
  private static final int MAX_TEXT = 300;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String CHECKSUM = ",\"crc\":\"";
  private static final int CHECKSUM_LENGTH = CHECKSUM.length() + 8 + "\"}".length();

  private JournalFormat() {}

  /** A line that was read. */
  sealed interface Line {}

  /** The first line: which run the journal is of. */
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

  /** An instance is about to be called. */
  record Intent(InstanceId id) implements Line {}

  /**
   * What became of an instance.
   *
   * @param rejected whether it says that no request so far has had an effect
   * @param errorCode the code of its error; empty if it had none
   */
  record OutcomeRecord(
      InstanceId id, String outcome, boolean conclusive, boolean rejected, String errorCode)
      implements Line {}

  /** A line that is none of a journal. */
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
   * Reads a line.
   *
   * @param line its bytes, without the line feed
   */
  static Line parse(byte[] line) throws UnreadableLine {
    JsonNode json;
    try {
      json = JSON.readTree(line);
    } catch (JacksonException e) {
      throw new UnreadableLine("it is no JSON");
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
      throw new UnreadableLine("its checksum is wrong: it is not as it was written");
    }
  }

  /** What follows the first {@code length} bytes of a line. */
  static String checksum(byte[] line, int length) {
    CRC32C crc = new CRC32C();
    crc.update(line, 0, length);
    return String.format("%s%08x\"}", CHECKSUM, crc.getValue());
  }

  private static void requireVersion(JsonNode json) throws UnreadableLine {
    int version = json.path("version").asInt(0);
    if (version != VERSION) {
      throw new UnreadableLine("its format is version " + version + ", not " + VERSION);
    }
  }

  private static OutcomeRecord outcomeRecord(JsonNode json) throws UnreadableLine {
    boolean rejected = json.has("refused") && flag(json, "refused");
    String errorCode = json.path("errorCode").asString("");
    return new OutcomeRecord(
        id(json), text(json, "outcome"), flag(json, "final"), rejected, errorCode);
  }

  private static Header header(JsonNode json) throws UnreadableLine {
    return new Header(
        text(json, "runId"),
        json.hasNonNull("scope") ? text(json, "scope") : null,
        flag(json, "forceStop"),
        text(json, "stoppedMode"),
        flag(json, "dryRun"));
  }

  private static InstanceId id(JsonNode json) throws UnreadableLine {
    try {
      return InstanceId.of(text(json, "instanceId"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its instanceId is none");
    }
  }

  private static String text(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isString()) {
      throw new UnreadableLine("it has no text \"" + field + "\"");
    }
    return value.stringValue();
  }

  private static boolean flag(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isBoolean()) {
      throw new UnreadableLine("it has no true or false \"" + field + "\"");
    }
    return value.booleanValue();
  }

  /** Whether a run that goes on may leave the instance alone; the table of ShutdownJournal. */
  static boolean isConclusive(ShutdownOutcome outcome) {
    if (outcome instanceof Failed failed) {
      // Where a request may have been acted on, its instance is looked at once more.
      return failed.error().delivery() != Delivery.UNKNOWN
          && isConclusive(failed.error().errorCode());
    }
    return outcome instanceof Stopped
        || outcome instanceof AlreadyStopped
        || outcome instanceof DryRunPassed
        || outcome instanceof Accepted;
  }

  private static boolean isConclusive(ErrorCode code) {
    // The category of a code that nobody documented is a guess.
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
