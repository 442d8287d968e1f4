package io.fleetstop.limit;

/**
 * A {@link RateLimiter} that finds the quota of a service from what becomes of the calls: it starts
 * low, grows fast until a call is refused, then stays just below the quota with small steps, and
 * follows it when it changes. It learns only while callers wait, and only from permits that hear
 * how their calls ended.
 *
 * <p>A hint of the service how long to wait pauses it for everybody, for a minute at most.
 */
public interface AdaptiveRateLimiter extends RateLimiter {

  /** The rate that it does not go below, per second. */
  double floor();

  /** The rate that it does not go beyond, per second. */
  double ceiling();

  /**
   * Changes the bounds from now on, for those who wait already too.
   *
   * @param floor the least rate per second, greater than zero
   * @param ceiling the greatest rate per second, not less than {@code floor}
   */
  void changeBounds(double floor, double ceiling);

  /**
   * Forgets what was learned, and starts over from a rate.
   *
   * @param permitsPerSecond the rate, greater than zero; brought within the bounds
   */
  void changeRate(double permitsPerSecond);
}
