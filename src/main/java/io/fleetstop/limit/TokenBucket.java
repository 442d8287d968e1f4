package io.fleetstop.limit;

/**
 * The arithmetic of a token bucket, without a clock: permits in hand at an instant, and what they
 * come to later. Permits are a fraction, so that whatever a late timer leaves over counts for the
 * next one and nothing drifts.
 *
 * @param permits in hand at {@code atNanos}
 * @param atNanos the instant, on the clock that its callers agree on; ahead of that clock while the
 *     bucket is paused
 */
record TokenBucket(double permits, long atNanos) {

  /** The longest pause: one reply that asks for more must not silence every caller. */
  static final long MAX_PAUSE_NANOS = 60_000_000_000L;

  /** Rounding may leave a permit short by this much at the very instant that it is due. */
  private static final double ROUNDING = 1e-6;

  private static final double NANOS_PER_SECOND = 1e9;

  /** A wait that is longer than this is looked at again in between. */
  private static final double LONGEST_WAIT_NANOS = 3600 * NANOS_PER_SECOND;

  /**
   * The bucket at {@code nanos}, having filled up to {@code capacity} at {@code rate} per second.
   */
  TokenBucket filled(long nanos, double rate, double capacity) {
    if (nanos < atNanos) {
      // Paused; unless it is so far off that this is another clock, a virtual one for instance.
      boolean paused = atNanos - nanos <= MAX_PAUSE_NANOS;
      return new TokenBucket(Math.min(permits, capacity), paused ? atNanos : nanos);
    }
    double filled = permits + (nanos - atNanos) * rate / NANOS_PER_SECOND;
    return new TokenBucket(Math.min(filled, capacity), nanos);
  }

  /** The bucket without a permit before {@code untilNanos}, and with one at most just then. */
  TokenBucket paused(long untilNanos) {
    return new TokenBucket(Math.min(permits, 1), Math.max(atNanos, untilNanos));
  }

  /** The bucket after one permit was granted. */
  TokenBucket taken() {
    return new TokenBucket(permits - 1, atNanos);
  }

  /** How many whole permits are in hand at {@code nanos}. */
  int available(long nanos) {
    return atNanos > nanos ? 0 : (int) Math.max(0, permits + ROUNDING);
  }

  /** How long from {@code nanos} until a permit is in hand, if nobody takes one; 0 if one is. */
  long nanosUntilAvailable(long nanos, double rate) {
    double fill = permits >= 1 - ROUNDING ? 0 : (1 - permits) * NANOS_PER_SECOND / rate;
    double wait = Math.max(0, atNanos - nanos) + Math.ceil(fill);
    return (long) Math.min(wait, LONGEST_WAIT_NANOS);
  }
}
