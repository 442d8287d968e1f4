package io.fleetstop.fleet;

import java.time.Duration;

/**
 * The interval between two polls of an instance. It grows with the time since the last change, so
 * that a quick stop is detected quickly and a slow one costs few calls.
 *
 * @param min the interval shortly after a change
 * @param max the longest interval
 */
record PollInterval(Duration min, Duration max) {

  /** The inverse fraction of the unchanged time by which a change may be detected late. */
  static final int FRACTION = 10;

  /**
   * Returns the interval after a poll.
   *
   * @param unchanged the time since the last change
   */
  Duration after(Duration unchanged) {
    Duration share = unchanged.dividedBy(FRACTION);
    if (share.compareTo(min) < 0) {
      return min;
    }
    return share.compareTo(max) > 0 ? max : share;
  }
}
