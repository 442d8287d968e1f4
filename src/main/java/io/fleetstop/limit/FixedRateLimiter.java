package io.fleetstop.limit;

/**
 * A {@link RateLimiter} with a rate that its owner sets. Calls that are throttled do not change it;
 * a hint of the service how long to wait pauses it for everybody, for a minute at most.
 */
public interface FixedRateLimiter extends RateLimiter {

  /**
   * Changes the rate from now on, for those who wait already too. Permits in hand stay in hand.
   *
   * @param permitsPerSecond the new rate, greater than zero and finite
   */
  void changeRate(double permitsPerSecond);
}
