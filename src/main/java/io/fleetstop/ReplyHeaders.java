package io.fleetstop;

import io.fleetstop.transport.HttpExchange.Response;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a reply that steer what happens next. Pure functions; what is malformed is absent.
 */
final class ReplyHeaders {

  private ReplyHeaders() {}

  /**
   * How long {@code Retry-After} asks to wait, in seconds or until a date. A date is read against
   * the reply's own {@code Date}, so that a wrong clock on this side does not matter.
   */
  static @Nullable Duration retryAfter(Response response, Instant now) {
    String value = response.header("retry-after");
    if (value == null) {
      return null;
    }
    String trimmed = value.trim();
    if (trimmed.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(trimmed));
    }
    Instant until = date(trimmed);
    Instant from = date(response.header("date"));
    if (until == null) {
      return null;
    }
    Duration wait = Duration.between(from == null ? now : from, until);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  /** The service's time in milliseconds since the epoch. */
  static @Nullable Long serverTimeMillis(Response response) {
    Instant date = date(response.header("date"));
    return date == null ? null : date.toEpochMilli();
  }

  private static @Nullable Instant date(@Nullable String value) {
    if (value == null) {
      return null;
    }
    try {
      return ZonedDateTime.parse(value.trim(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
