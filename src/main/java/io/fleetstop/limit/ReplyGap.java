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

  /** The minimum seconds between two stalls: frequent stalls are no excuse for throttles. */
  private static final double MIN_DISTANCE_SECONDS = 1;

  private static final double NANOS_PER_SECOND = 1e9;

  static ReplyGap none(long nanos) {
    return new ReplyGap(nanos, nanos - (long) (MIN_DISTANCE_SECONDS * NANOS_PER_SECOND));
  }

  /** A reply arrived; a gap before it of more than {@code longestGapSeconds} is a stall. */
  ReplyGap onReply(long nanos, double longestGapSeconds) {
    boolean stalled = nanos - lastReplyAtNanos > longestGapSeconds * NANOS_PER_SECOND;
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
