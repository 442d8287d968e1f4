package io.fleetstop.limit;

/**
 * A {@link RateLimiter} with a configured rate. Throttled calls do not change it; a Retry-After of
 * the service pauses all callers, for at most a minute.
 */
public interface FixedRateLimiter extends RateLimiter {

  /**
   * Changes the rate, effective for queued callers too. Available permits are kept.
   *
   * @param permitsPerSecond the new rate, greater than zero and finite
   */
  void changeRate(double permitsPerSecond);
}
