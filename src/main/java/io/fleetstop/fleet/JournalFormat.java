package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Formats and parses the lines of a journal. Pure functions. Each line ends with the checksum of
 * the bytes before it, because one changed byte could turn a run id into another one, or an outcome
 * into that of another instance.
 */
final class JournalFormat {

  /** The version of the format of a stop run; a reader refuses any that it does not know. */
  static final int VERSION = 1;

  /** That of a start run: a reader that does not know of them would stop its instances. */
  static final int START_VERSION = 2;

  /** The first characters of every journal. */
  static final String START = "{\"journal\":\"fleetstop\",";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Far beyond what a run writes. */
  private static final long MAX_ELAPSED_MILLIS = Duration.ofDays(36_500).toMillis();

  private static final String CHECKSUM = ",\"crc\":\"";
  private static final int CHECKSUM_LENGTH = CHECKSUM.length() + 8 + "\"}".length();

  private JournalFormat() {}

  /** The first line: the run and its parameters. */
  record Header(
      Operation operation,
      String runId,
      @Nullable String scope,
      boolean forceStop,
      String stoppedMode,
      boolean dryRun)
      implements JournalEvent {

    static Header of(String runId, ShutdownOptions options) {
      return new Header(
          options.operation(),
          runId,
          options.scope(),
          options.isForceStop(),
          options.stoppedMode().wireName(),
          options.isDryRun());
    }

    @Override
    public boolean isDurable() {
      return true;
    }
  }

  /** A stop request for an instance is about to be sent. */
  record Intent(Instant at, InstanceId id) implements JournalEvent {

    @Override
    public boolean isDurable() {
      return true;
    }
  }

  /** The members of a batch are about to be called by it. */
  record BatchIntent(Instant at, StopBatch batch) implements JournalEvent {

    @Override
    public boolean isDurable() {
      return true;
    }
  }

  /** The line is not one of a journal. The message says why. */
  static final class UnreadableLine extends Exception {

    private static final long serialVersionUID = 1L;

    UnreadableLine(String why) {
      super(why);
    }
  }

  /** Returns the line of an event without its line feed. */
  static String toText(JournalEvent event) {
    byte[] line = toLine(event);
    return new String(line, 0, line.length - 1, StandardCharsets.UTF_8);
  }

  /** Returns the line of an event. */
  static byte[] toLine(JournalEvent event) {
    return toLine(json(event));
  }

  private static ObjectNode json(JournalEvent event) {
    if (event instanceof TargetEvent targeted) {
      return json(targeted.event())
          .put(JournalFields.ACCOUNT, targeted.target().account())
          .put(JournalFields.REGION, targeted.target().region());
    }
    if (event instanceof Header header) {
      return json(header);
    }
    if (event instanceof BatchIntent intent) {
      return json(intent);
    }
    return event instanceof Intent intent ? json(intent) : json((OutcomeRecord) event);
  }

  private static ObjectNode json(Header header) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("journal", "fleetstop")
            .put("version", versionOf(header.operation()))
            .put("runId", header.runId());
    if (header.operation() == Operation.START) {
      line.put("operation", "start");
    }
    if (header.scope() != null) {
      line.put("scope", header.scope());
    }
    return line.put("forceStop", header.forceStop())
        .put("stoppedMode", header.stoppedMode())
        .put("dryRun", header.dryRun());
  }

  private static int versionOf(Operation operation) {
    return operation == Operation.START ? START_VERSION : VERSION;
  }

  private static ObjectNode json(Intent intent) {
    return JSON.createObjectNode()
        .put("at", intent.at().toString())
        .put("event", "intent")
        .put("instanceId", intent.id().value());
  }

  private static ObjectNode json(BatchIntent intent) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("at", intent.at().toString())
            .put("event", "batch")
            .put("number", intent.batch().number())
            .put("token", intent.batch().token());
    ArrayNode ids = line.putArray("instanceIds");
    intent.batch().ids().forEach(id -> ids.add(id.value()));
    return line;
  }

  private static ObjectNode json(OutcomeRecord outcome) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("at", outcome.at().toString())
            .put("event", "outcome")
            .put("instanceId", outcome.id().value())
            .put("outcome", outcome.outcome().name())
            .put("final", outcome.conclusive());
    if (!outcome.errorCode().isEmpty()) {
      line.put("errorCode", outcome.errorCode()).put("refused", outcome.rejected());
    }
    if (outcome.message() != null) {
      line.put("message", outcome.message());
    }
    if (outcome.requestId() != null) {
      line.put("requestId", outcome.requestId());
    }
    if (outcome.accepted()) {
      line.put("accepted", true);
    }
    return line.put("attempts", outcome.attempts()).put("elapsedMillis", outcome.elapsedMillis());
  }

  /**
   * Parses and validates a line.
   *
   * @param line the bytes of the line, without the line feed
   */
  static JournalEvent parse(byte[] line) throws UnreadableLine {
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
    JournalEvent event = event(json);
    return json.has(JournalFields.REGION) || json.has(JournalFields.ACCOUNT)
        ? new TargetEvent(JournalFields.target(json), event)
        : event;
  }

  private static JournalEvent event(JsonNode json) throws UnreadableLine {
    return switch (JournalFields.text(json, "event")) {
      case "intent" -> new Intent(JournalFields.time(json), JournalFields.id(json));
      case "batch" -> new BatchIntent(JournalFields.time(json), JournalFields.batch(json));
      case "outcome" -> outcomeRecord(json);
      default -> throw new UnreadableLine("its event is neither intent, batch nor outcome");
    };
  }

  /**
   * Requires that a header comes first, and only there.
   *
   * @param begun whether there was a header
   */
  static void requireInPlace(JournalEvent event, boolean begun) throws UnreadableLine {
    if (event instanceof Header == begun) {
      throw new UnreadableLine(
          begun ? "it begins a second journal" : "it is not the first line of a journal");
    }
  }

  private static void requireChecksum(byte[] line) throws UnreadableLine {
    int length = line.length - CHECKSUM_LENGTH;
    String end =
        length < 0 ? "" : new String(line, length, CHECKSUM_LENGTH, StandardCharsets.UTF_8);
    if (!end.startsWith(CHECKSUM)) {
      throw new UnreadableLine(
          "it has no checksum: it is cut short, or not a line of a journal that stop --journal"
              + " has written");
    }
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
    if (!version.isInt() || version.intValue() != versionOf(operation(json))) {
      throw new UnreadableLine("its format is version " + version + ", not " + VERSION);
    }
  }

  private static Operation operation(JsonNode json) throws UnreadableLine {
    if (!json.has("operation")) {
      return Operation.STOP;
    }
    if (!JournalFields.text(json, "operation").equals("start")) {
      throw new UnreadableLine("its operation is unknown");
    }
    return Operation.START;
  }

  private static Header header(JsonNode json) throws UnreadableLine {
    return new Header(
        operation(json),
        JournalFields.name(json, "runId"),
        json.hasNonNull("scope") ? JournalFields.name(json, "scope") : null,
        JournalFields.flag(json, "forceStop"),
        JournalFields.stoppedMode(json),
        JournalFields.flag(json, "dryRun"));
  }

  private static OutcomeRecord outcomeRecord(JsonNode json) throws UnreadableLine {
    Kind kind = JournalFields.kind(json);
    boolean conclusive = JournalFields.flag(json, "final");
    if (conclusive && (kind == Kind.UNCONFIRMED || kind == Kind.SKIPPED)) {
      throw new UnreadableLine("its outcome " + kind + " cannot be final");
    }
    return new OutcomeRecord(
        JournalFields.time(json),
        JournalFields.id(json),
        kind,
        conclusive,
        json.has("refused") && JournalFields.flag(json, "refused"),
        json.has("errorCode") ? JournalFields.text(json, "errorCode") : "",
        json.has("message") ? JournalFields.text(json, "message") : null,
        json.has("requestId") ? JournalFields.text(json, "requestId") : null,
        (int) JournalFields.number(json, "attempts", Integer.MAX_VALUE),
        JournalFields.number(json, "elapsedMillis", MAX_ELAPSED_MILLIS),
        json.has("accepted") && JournalFields.flag(json, "accepted"));
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
