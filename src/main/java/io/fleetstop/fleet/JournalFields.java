package io.fleetstop.fleet;

import io.fleetstop.error.Preconditions;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.model.StopInstances;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads and validates the fields of a journal's line. Pure functions. */
final class JournalFields {

  static final String ACCOUNT = "account";
  static final String REGION = "region";

  /** Far beyond what a run writes; times before it can be added without overflow. */
  private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

  private static final long MAX_BATCH_NUMBER = 1L << 53;

  private JournalFields() {}

  static Instant time(JsonNode json) throws UnreadableLine {
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
  static long number(JsonNode json, String field, long max) throws UnreadableLine {
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
  static String name(JsonNode json, String field) throws UnreadableLine {
    try {
      return Preconditions.text(field, text(json, field));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its " + e.getMessage());
    }
  }

  static String stoppedMode(JsonNode json) throws UnreadableLine {
    String name = text(json, "stoppedMode");
    if (Arrays.stream(StoppedMode.values()).noneMatch(mode -> mode.wireName().equals(name))) {
      throw new UnreadableLine("its stoppedMode is neither KeepCharging nor StopCharging");
    }
    return name;
  }

  static Kind kind(JsonNode json) throws UnreadableLine {
    try {
      return Kind.valueOf(text(json, "outcome"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its outcome is unknown");
    }
  }

  static Target target(JsonNode json) throws UnreadableLine {
    try {
      return new Target(text(json, ACCOUNT), text(json, REGION));
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its " + e.getMessage());
    }
  }

  static StopBatch batch(JsonNode json) throws UnreadableLine {
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

  static InstanceId id(JsonNode json) throws UnreadableLine {
    return id(text(json, "instanceId"));
  }

  static InstanceId id(String id) throws UnreadableLine {
    try {
      return InstanceId.of(id);
    } catch (IllegalArgumentException e) {
      throw new UnreadableLine("its instanceId is not an instance id");
    }
  }

  static String text(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isString()) {
      throw new UnreadableLine("its field \"" + field + "\" is missing or not a string");
    }
    return value.stringValue();
  }

  static boolean flag(JsonNode json, String field) throws UnreadableLine {
    JsonNode value = json.path(field);
    if (!value.isBoolean()) {
      throw new UnreadableLine("its field \"" + field + "\" is missing or not a boolean");
    }
    return value.booleanValue();
  }
}
