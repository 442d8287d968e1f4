package io.fleetstop.limit;

/**
 * The pace of one process while the store of a shared quota is away: a fraction of the last shared
 * rate. The rate of all is adapted by the calls of this process, which see a fraction of the
 * replies, so that nothing is derived from counts. Used by one thread at a time.
 */
final class LocalShare {

  /** The rate of all processes. */
  private AdaptiveRate state;

  private TokenBucket bucket;
  private final int members;
  private final boolean fixed;

  /**
   * Starts without a permit.
   *
   * @param all the rate of all processes, on the clock of this one
   * @param members the number of processes
   * @param fixed whether the rate is known
   */
  LocalShare(AdaptiveRate all, int members, boolean fixed, long now) {
    this.state = all;
    this.members = members;
    this.bucket = new TokenBucket(0, now);
    this.fixed = fixed;
  }

  /** Returns the rate of all processes. */
  double rateOfAll() {
    return state.rate();
  }

  /** Returns the rate of this process. */
  double rate() {
    return state.rate() / members;
  }

  void fill(long now) {
    bucket = bucket.filled(now, rate(), 1);
  }

  boolean isAvailable(long now) {
    return bucket.available(now) > 0;
  }

  void take() {
    bucket = bucket.taken();
  }

  long nanosUntilAvailable(long now) {
    return bucket.nanosUntilAvailable(now, rate());
  }

  void succeeded(long now, boolean busy) {
    if (!fixed) {
      state = state.advanced(now, busy);
    }
  }

  void throttled(long now, long sentAtNanos, double sentRate, long holdNanos) {
    if (!fixed) {
      state = state.throttledUncounted(now, sentAtNanos, sentRate);
    }
    if (holdNanos > 0) {
      bucket = bucket.paused(now + Math.min(holdNanos, TokenBucket.MAX_PAUSE_NANOS));
    }
  }
}
