package io.fleetstop.limit;

/**
 * When answers of any kind last came after none had come for a while. Immutable.
 *
 * <p>When the service, the network or this process has stood still, calls reach the service in a
 * heap, and the refusals among them say nothing about the rate at which they were sent.
 *
 * @param lastReplyAtNanos the instant of the last answer
 * @param stallEndedAtNanos the instant of the answer that ended the last silence
 */
record StallDetector(long lastReplyAtNanos, long stallEndedAtNanos) {

  /** So many calls without an answer are a silence: a smaller heap fits a service's burst. */
  private static final double MISSING_REPLIES = 10;

  /** Seconds in which no other silence counts: where they are the rule, they excuse nothing. */
  private static final double MIN_DISTANCE_SECONDS = 1;

  private static final double NANOS_PER_SECOND = 1e9;

  static StallDetector none(long nanos) {
    return new StallDetector(nanos, nanos - (long) (MIN_DISTANCE_SECONDS * NANOS_PER_SECOND));
  }

  /** Something was heard, while calls went out at {@code rate} per second. */
  StallDetector onReply(long nanos, double rate) {
    boolean stalled = nanos - lastReplyAtNanos > MISSING_REPLIES / rate * NANOS_PER_SECOND;
    boolean distant = !endedRecently(lastReplyAtNanos);
    return new StallDetector(
        Math.max(lastReplyAtNanos, nanos), stalled && distant ? nanos : stallEndedAtNanos);
  }

  /** Whether a count of the last second is too low for it. */
  boolean endedRecently(long nanos) {
    return nanos - stallEndedAtNanos < MIN_DISTANCE_SECONDS * NANOS_PER_SECOND;
  }

  /** Whether a call sent at {@code sentAtNanos} was on its way in the last silence. */
  boolean overlaps(long sentAtNanos) {
    return sentAtNanos < stallEndedAtNanos;
  }
}
