package io.fleetstop.limit;

/**
 * The pace of one process while the store of a shared quota is away: its share of the last shared
 * rate, which it adapts by its own calls. Used by one thread at a time.
 */
final class LocalShare {

  private AdaptiveRate state;
  private TokenBucket bucket;
  private final boolean fixed;

  /** Starts with {@code share}, on the clock of this process, without a permit. */
  LocalShare(AdaptiveRate share, boolean fixed, long now) {
    this.state = share;
    this.bucket = new TokenBucket(0, now);
    this.fixed = fixed;
  }

  double rate() {
    return state.rate();
  }

  void fill(long now) {
    bucket = bucket.filled(now, state.rate(), 1);
  }

  boolean isAvailable(long now) {
    return bucket.available(now) > 0;
  }

  void take() {
    bucket = bucket.taken();
  }

  long nanosUntilAvailable(long now) {
    return bucket.nanosUntilAvailable(now, state.rate());
  }

  void succeeded(long now, boolean busy) {
    if (!fixed) {
      state = state.succeeded(now, busy);
    }
  }

  void throttled(long now, long sentAtNanos, double sentRate, long holdNanos) {
    AdaptiveRate before = state;
    long hold = holdNanos;
    if (!fixed) {
      state = before.throttled(now, sentAtNanos, sentRate);
      hold = Math.max(hold, state.holdNanos(before, sentAtNanos));
    }
    if (hold > 0) {
      bucket = bucket.paused(now + Math.min(hold, TokenBucket.MAX_PAUSE_NANOS));
    }
  }
}
