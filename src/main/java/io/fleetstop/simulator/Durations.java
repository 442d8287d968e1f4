package io.fleetstop.simulator;

import java.time.Duration;

/** Preconditions of durations, and their nanoseconds without overflow. */
final class Durations {

  private Durations() {}

  static Duration positive(String field, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(field + " must be greater than 0, was " + value);
    }
    return value;
  }

  static Duration notNegative(String field, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(field + " must not be negative, was " + value);
    }
    return value;
  }

  /**
   * The duration in nanoseconds, at most a century, so that adding it to a time does not overflow.
   */
  static long nanos(Duration duration) {
    long limit = 100L * 365 * 24 * 3600;
    return duration.toSeconds() >= limit ? limit * 1_000_000_000L : duration.toNanos();
  }
}
