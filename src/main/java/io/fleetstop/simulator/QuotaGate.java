package io.fleetstop.simulator;

import java.util.concurrent.atomic.AtomicLong;

/** A quota in force: one counter, moved by compare-and-set. */
final class QuotaGate {

  private static final long SECOND = 1_000_000_000L;
  private static final int COUNT_BITS = 24;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

  private final Quota quota;
  private final long start;

  // A token bucket keeps the time at which it will be full again; a window keeps its number and,
  // in the low bits, how many calls it has let through. Both count from the start.
  private final AtomicLong state = new AtomicLong();

  QuotaGate(Quota quota, long now) {
    this.quota = quota;
    this.start = now;
  }

  Quota quota() {
    return quota;
  }

  /** Lets a call through with 0, or says after how many nanoseconds one would be let through. */
  long enter(long nowNanos) {
    long now = nowNanos - start;
    return switch (quota.kind()) {
      case UNLIMITED -> 0;
      case TOKEN_BUCKET -> enterBucket(now);
      case FIXED_WINDOW -> enterWindow(now);
    };
  }

  private long enterBucket(long now) {
    long interval = Math.max(1, (long) (SECOND / quota.perSecond()));
    long tolerance = interval * (quota.burst() - 1L);
    while (true) {
      long full = state.get();
      long from = Math.max(full, now);
      long wait = from - tolerance - now;
      if (wait > 0) {
        return wait;
      }
      if (state.compareAndSet(full, from + interval)) {
        return 0;
      }
    }
  }

  private long enterWindow(long now) {
    long window = now / SECOND;
    while (true) {
      long seen = state.get();
      long count = seen >>> COUNT_BITS == window ? seen & COUNT_MASK : 0;
      if (count >= Math.min(quota.burst(), COUNT_MASK)) {
        return (window + 1) * SECOND - now;
      }
      if (state.compareAndSet(seen, window << COUNT_BITS | (count + 1))) {
        return 0;
      }
    }
  }
}
