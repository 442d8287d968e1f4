package io.fleetstop.credentials;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Reads the JSON of files and services. No value that may be a secret appears in an error. */
final class Json {

  static final JsonMapper MAPPER = JsonMapper.builder(StrictJson.newFactory()).build();

  private static final Pattern EPOCH = Pattern.compile("\\d{1,15}");
  // As seconds it would be in the year 5138, as milliseconds it is in 1973.
  private static final long FIRST_MILLIS = 100_000_000_000L;
  private static final int MAX_YEAR = 9999;
  // More than any credentials are valid for.
  private static final long MAX_LIFETIME_SECONDS = Duration.ofDays(3_650).toSeconds();

  private Json() {}

  /** Parses a reply; returns a missing node if it is not JSON. */
  static JsonNode parse(byte[] body) {
    try {
      JsonNode root = MAPPER.readTree(body);
      return root == null ? MissingNode.getInstance() : root;
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  /** Returns a text as it is, empty if there is none: white space in a key is not removed. */
  static String exactText(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isString() ? value.stringValue() : "";
  }

  /** Returns a stripped text, empty if there is none. */
  static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isString() ? value.stringValue().strip() : "";
  }

  /**
   * Returns the credentials in a reply: {@code AccessKeyId}, {@code SecretAccessKey}, {@code
   * SessionToken} (of the portal {@code sessionToken}) and an expiration, which is {@code
   * ExpiredTime} or, for {@code AssumeRoleWithOIDC} and the portal, {@code Expiration}.
   *
   * @param assumed the lifetime to assume if the expiration is missing or unreadable; if they
   *     expire earlier, the service rejects them and they are fetched again
   * @throws IllegalArgumentException if one of the first three is missing or invalid
   */
  static Credentials credentials(JsonNode node, Instant now, Duration assumed) {
    String accessKeyId = required(node, "AccessKeyId");
    String secretAccessKey = required(node, "SecretAccessKey");
    String alternative = exactText(node, "sessionToken");
    String sessionToken = alternative.isEmpty() ? required(node, "SessionToken") : alternative;
    Instant end = instant(node, "ExpiredTime");
    if (end == null) {
      end = instant(node, "Expiration");
    }
    return new Credentials(
        accessKeyId, secretAccessKey, sessionToken, end == null ? now.plus(assumed) : end);
  }

  private static String required(JsonNode node, String key) {
    String value = exactText(node, key);
    if (value.isEmpty()) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return value;
  }

  /** Returns a text, or an object or array as the JSON text of it; empty if there is none. */
  static String textOrObject(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isContainer() ? value.toString() : text(node, key);
  }

  /**
   * Returns a time, or {@code null} if there is none that can be read: a text of RFC 3339, or the
   * seconds or milliseconds since the epoch.
   */
  static @Nullable Instant instant(JsonNode node, String key) {
    JsonNode value = node.path(key);
    String text = value.isNumber() ? value.asString() : text(node, key);
    try {
      if (EPOCH.matcher(text).matches()) {
        long number = Long.parseLong(text);
        return number <= 0
            ? null
            : number < FIRST_MILLIS ? Instant.ofEpochSecond(number) : Instant.ofEpochMilli(number);
      }
      if (text.isEmpty()) {
        return null;
      }
      OffsetDateTime time = OffsetDateTime.parse(text.toUpperCase(Locale.ROOT));
      // A later year would overflow where a lifetime is added.
      return Math.abs(time.getYear()) <= MAX_YEAR ? time.toInstant() : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Returns the seconds of a lifetime, at most ten years; 0 if there is none. */
  static long lifetimeSeconds(JsonNode node, String key) {
    return Math.max(0, Math.min(node.path(key).asLong(0), MAX_LIFETIME_SECONDS));
  }
}
