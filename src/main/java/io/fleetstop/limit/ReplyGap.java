package io.fleetstop.limit;

/**
 * Detects stalls: times without any reply. Immutable.
 *
 * <p>After a stall of the service, the network or this process, calls reach the service in one
 * burst. Throttles of that burst do not reflect the rate at which the calls were sent.
 *
 * @param lastReplyAtNanos the instant of the last reply
 * @param stallEndedAtNanos the instant of the reply that ended the last stall
 */
record ReplyGap(long lastReplyAtNanos, long stallEndedAtNanos) {

  /**
   * The number of calls without a reply that is a stall: a smaller burst fits the burst of the
   * service.
   */
  private static final double MISSING_REPLIES = 10;

  /** The minimum seconds between two stalls: frequent stalls are no excuse for throttles. */
  private static final double MIN_DISTANCE_SECONDS = 1;

  private static final double NANOS_PER_SECOND = 1e9;

  static ReplyGap none(long nanos) {
    return new ReplyGap(nanos, nanos - (long) (MIN_DISTANCE_SECONDS * NANOS_PER_SECOND));
  }

  /** A reply arrived while calls were sent at {@code rate} per second. */
  ReplyGap onReply(long nanos, double rate) {
    boolean stalled = nanos - lastReplyAtNanos > MISSING_REPLIES / rate * NANOS_PER_SECOND;
    boolean distant = !endedRecently(lastReplyAtNanos);
    return new ReplyGap(
        Math.max(lastReplyAtNanos, nanos), stalled && distant ? nanos : stallEndedAtNanos);
  }

  /** Whether a stall makes the count of the last second too low. */
  boolean endedRecently(long nanos) {
    return nanos - stallEndedAtNanos < MIN_DISTANCE_SECONDS * NANOS_PER_SECOND;
  }

  /** Whether a call sent at {@code sentAtNanos} was in flight during the last stall. */
  boolean overlaps(long sentAtNanos) {
    return sentAtNanos < stallEndedAtNanos;
  }
}
