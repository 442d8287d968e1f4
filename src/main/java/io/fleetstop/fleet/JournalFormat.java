package io.fleetstop.fleet;

import io.fleetstop.error.Preconditions;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.model.StopInstances;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  /** Bounds far beyond what a run writes; within them, times can be added without overflow. */
  private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

  private static final long MAX_ELAPSED_MILLIS = Duration.ofDays(36_500).toMillis();
  private static final long MAX_BATCH_NUMBER = 1L << 53;

  private static final String ACCOUNT = "account";
  private static final String REGION = "region";

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
          .put(ACCOUNT, targeted.target().account())
          .put(REGION, targeted.target().region());
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
    return json.has(REGION) || json.has(ACCOUNT) ? new TargetEvent(target(json), event) : event;
  }

  private static JournalEvent event(JsonNode json) throws UnreadableLine {
    return switch (text(json, "event")) {
      case "intent" -> new Intent(time(json), id(json));
      case "batch" -> new BatchIntent(time(json), batch(json));
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
    if (!text(json, "operation").equals("start")) {
      throw new UnreadableLine("its operation is unknown");
    }
    return Operation.START;
  }

  private static Header header(JsonNode json) throws UnreadableLine {
    return new Header(
        operation(json),
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
        time(json),
        id(json),
        kind,
        conclusive,
        json.has("refused") && flag(json, "refused"),
        json.has("errorCode") ? text(json, "errorCode") : "",
        json.has("message") ? text(json, "message") : null,
        json.has("requestId") ? text(json, "requestId") : null,
        (int) number(json, "attempts", Integer.MAX_VALUE),
        number(json, "elapsedMillis", MAX_ELAPSED_MILLIS),
        json.has("accepted") && flag(json, "accepted"));
  }

  private static Instant time(JsonNode json) throws UnreadableLine {
    if (!json.has("at")) {
      return Instant.EPOCH;
    }
    try {
      Instant at = Instant.parse(text(json, "at"));
      if (!at.isBefore(Instant.EPOCH) && at.isBefore(END_OF_TIME)) {
        return at;
      }
    } catch (DateTimeParseException e) {
      // The same as a time that no clock shows.
    }
    throw new UnreadableLine("its field \"at\" is not a time");
  }

  /** Returns a number from 0 to {@code max}; 0 without the field. */
  private static long number(JsonNode json, String field, long max) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (value.isMissingNode()) {
      return 0;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0
        || value.longValue() > max) {
      throw new UnreadableLine("its field \"" + field + "\" is not a number from 0 to " + max);
    }
    return value.longValue();
  }

  /** Returns a field that {@link ShutdownOptions} accepts as run id or scope. */
  private static String name(JsonNode json, String field) throws UnreadableLine {
    try {
      return Preconditions.text(field, text(json, field));
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

  private static Target target(JsonNode json) throws UnreadableLine {
    try {
      return new Target(text(json, ACCOUNT), text(json, REGION));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its " + e.getMessage());
    }
  }

  private static StopBatch batch(JsonNode json) throws UnreadableLine {
    long number = number(json, "number", MAX_BATCH_NUMBER);
    if (number < 1) {
      throw new UnreadableLine("its field \"number\" is missing or not positive");
    }
    List<InstanceId> ids = new ArrayList<>();
    for (JsonNode id : json.path("instanceIds")) {
      ids.add(id(id.isString() ? id.stringValue() : ""));
    }
    String token = text(json, "token");
    try {
      StopInstances.builder(ids).clientToken(token);
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("it is no batch: " + e.getMessage());
    }
    return new StopBatch(number, token, ids);
  }

  private static InstanceId id(JsonNode json) throws UnreadableLine {
    return id(text(json, "instanceId"));
  }

  private static InstanceId id(String id) throws UnreadableLine {
    try {
      return InstanceId.of(id);
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

  private static byte[] toLine(ObjectNode line) {
    byte[] open = JSON.writeValueAsBytes(line);
    int length = open.length - 1;
    byte[] end = (checksum(open, length) + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(open, length + end.length);
    System.arraycopy(end, 0, whole, length, end.length);
    return whole;
  }
}
