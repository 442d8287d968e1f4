package io.fleetstop.fleet;

import java.time.Duration;

/**
 * The interval between two polls of an instance. It grows with the time since the last change, so
 * that a quick stop is detected quickly and a slow one costs few calls.
 *
 * @param min while the instance is young
 * @param max however long nothing changes
 */
record PollInterval(Duration min, Duration max) {

  /**
   * The share, one in so many, of the time without a change that may go by before the next one is
   * noticed.
   */
  static final int FRACTION = 10;

  /**
   * The interval after a look.
   *
   * @param unchanged for how long nothing has changed by then
   */
  Duration after(Duration unchanged) {
    Duration share = unchanged.dividedBy(FRACTION);
    if (share.compareTo(min) < 0) {
      return min;
    }
    return share.compareTo(max) > 0 ? max : share;
  }
}
