package io.fleetstop.limit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of a token bucket, without a clock: the permits available at an instant and later.
 * Permits are fractional, so the remainder of a late timer counts for the next permit and nothing
 * drifts.
 *
 * @param permits the permits available at {@code atNanos}
 * @param atNanos the instant, on the clock of the callers; in the future while the bucket is paused
 */
record TokenBucket(double permits, long atNanos) {

  /** The longest pause: a reply that asks for more must not block every caller. */
  static final long MAX_PAUSE_NANOS = 60_000_000_000L;

  /** Tolerance for rounding at the instant a permit is due. */
  private static final double ROUNDING = 1e-6;

  private static final double NANOS_PER_SECOND = 1e9;

  /** Longer waits are split. */
  private static final double LONGEST_WAIT_NANOS = 3600 * NANOS_PER_SECOND;

  /** Returns the pause that a reply's hint asks for, up to the longest. */
  static long pauseNanos(@Nullable Duration hint) {
    if (hint == null || hint.isNegative()) {
      return 0;
    }
    boolean longest = hint.compareTo(Duration.ofNanos(MAX_PAUSE_NANOS)) > 0;
    return longest ? MAX_PAUSE_NANOS : hint.toNanos();
  }

  /**
   * Returns the bucket at {@code nanos}, filled at {@code rate} per second up to {@code capacity}.
   */
  TokenBucket filled(long nanos, double rate, double capacity) {
    if (nanos < atNanos) {
      // Paused, unless the distance shows that the clock was replaced, by a virtual one for
      // example.
      boolean paused = atNanos - nanos <= MAX_PAUSE_NANOS;
      return new TokenBucket(Math.min(permits, capacity), paused ? atNanos : nanos);
    }
    double filled = permits + (nanos - atNanos) * rate / NANOS_PER_SECOND;
    return new TokenBucket(Math.min(filled, capacity), nanos);
  }

  /**
   * Returns the bucket without permits before {@code untilNanos}, and with at most one at that
   * instant.
   */
  TokenBucket paused(long untilNanos) {
    return new TokenBucket(Math.min(permits, 1), Math.max(atNanos, untilNanos));
  }

  /** Returns the bucket after one permit was granted. */
  TokenBucket taken() {
    return new TokenBucket(permits - 1, atNanos);
  }

  /** Returns the number of whole permits at {@code nanos}. */
  int available(long nanos) {
    return atNanos > nanos ? 0 : (int) Math.max(0, permits + ROUNDING);
  }

  /** Returns the nanoseconds from {@code nanos} until a permit is available; 0 if one is. */
  long nanosUntilAvailable(long nanos, double rate) {
    double fill = permits >= 1 - ROUNDING ? 0 : (1 - permits) * NANOS_PER_SECOND / rate;
    double wait = Math.max(0, atNanos - nanos) + Math.ceil(fill);
    return (long) Math.min(wait, LONGEST_WAIT_NANOS);
  }
}
