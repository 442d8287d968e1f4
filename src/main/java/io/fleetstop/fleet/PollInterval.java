package io.fleetstop.fleet;

import java.time.Duration;

/**
 * How long after one look at an instance the next one is due: the longer nothing has changed, the
 * longer, so that what stops quickly is seen quickly and what hangs costs few calls.
 *
 * @param least while the instance is young
 * @param greatest however long nothing changes
 */
record PollInterval(Duration least, Duration greatest) {

  /**
   * The share, one in so many, of the time without a change that may go by before the next one is
   * noticed.
   */
  static final int SHARE = 10;

  /**
   * The interval after a look.
   *
   * @param unchanged for how long nothing has changed by then
   */
  Duration after(Duration unchanged) {
    Duration share = unchanged.dividedBy(SHARE);
    if (share.compareTo(least) < 0) {
      return least;
    }
    return share.compareTo(greatest) > 0 ? greatest : share;
  }
}
