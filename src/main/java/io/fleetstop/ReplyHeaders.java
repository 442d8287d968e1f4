package io.fleetstop;

import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads the headers of a reply that affect retries. Pure functions; a malformed header counts as
 * absent.
 */
final class ReplyHeaders {

  private ReplyHeaders() {}

  /**
   * The delay of {@code Retry-After}, which is in seconds or a date. A date is relative to the
   * reply's own {@code Date}, so that a wrong local clock has no effect.
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
    Instant until = response.time("retry-after");
    Instant from = response.time("date");
    if (until == null) {
      return null;
    }
    Duration wait = Duration.between(from == null ? now : from, until);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  /** The service's time in milliseconds since the epoch. */
  static @Nullable Long serverTimeMillis(Response response) {
    Instant date = response.time("date");
    return date == null ? null : date.toEpochMilli();
  }
}
