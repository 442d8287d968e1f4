package io.fleetstop.limit;

import java.util.concurrent.TimeUnit;

/**
 * A limit of concurrent calls that adapts to time-outs by additive increase and multiplicative
 * decrease, as TCP does. Immutable; the functions are pure.
 *
 * @param max the upper bound, and the start
 * @param limit the current limit
 * @param decreasedNanos when the limit was last decreased
 */
record AimdLimit(int max, int limit, long decreasedNanos) {

  /** A slow service, other than a narrow line, answers this many at once. */
  private static final int FLOOR = 4;

  /** Calls that started together time out together, which is one sign of overload. */
  private static final long DECREASE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  static AimdLimit start(int max, long nowNanos) {
    return new AimdLimit(max, max, nowNanos - DECREASE_INTERVAL_NANOS);
  }

  /** Follows a reply: one more call, unless most of the limit is unused. */
  AimdLimit replied(int inFlight) {
    return limit < max && inFlight * 2L >= limit
        ? new AimdLimit(max, limit + 1, decreasedNanos)
        : this;
  }

  /** Follows a time-out: half of the calls, at most once a second. */
  AimdLimit timedOut(long nowNanos) {
    if (nowNanos - decreasedNanos < DECREASE_INTERVAL_NANOS) {
      return this;
    }
    return new AimdLimit(max, Math.max(Math.min(FLOOR, max), limit / 2), nowNanos);
  }
}
