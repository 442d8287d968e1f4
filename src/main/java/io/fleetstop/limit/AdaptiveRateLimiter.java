package io.fleetstop.limit;

/**
 * A {@link RateLimiter} that finds the quota of a service from the results of calls: it starts low,
 * grows fast until a call is throttled, then stays just below the quota with small steps, and
 * follows the quota when it changes. It adapts only while callers are queued, and only to calls
 * whose end is reported to their permit.
 *
 * <p>A Retry-After of the service pauses all callers, for at most a minute.
 */
public interface AdaptiveRateLimiter extends RateLimiter {

  /** Returns the lower bound, in permits per second. */
  double floor();

  /** Returns the upper bound, in permits per second. */
  double ceiling();

  /**
   * Changes the bounds, effective for queued callers too.
   *
   * @param floor the lower bound, in permits per second, greater than zero
   * @param ceiling the upper bound, in permits per second, not less than {@code floor}
   */
  void changeBounds(double floor, double ceiling);

  /**
   * Discards the estimate and restarts from a rate.
   *
   * @param permitsPerSecond the rate, in permits per second, greater than zero; clamped to the
   *     bounds
   */
  void changeRate(double permitsPerSecond);
}
