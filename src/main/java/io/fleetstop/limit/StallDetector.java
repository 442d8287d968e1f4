package io.fleetstop.limit;

/**
 * When answers of any kind last came after none had come for a while. Immutable.
 *
 * <p>When the service, the network or this process has stood still, calls reach the service in a
 * heap, and the refusals among them say nothing about the rate at which they were sent.
 *
 * @param heardAtNanos the instant of the last answer
 * @param endedAtNanos the instant of the answer that ended the last silence
 */
record StallDetector(long heardAtNanos, long endedAtNanos) {

  /** So many calls without an answer are a silence: a smaller heap fits a service's burst. */
  private static final double MISSED = 10;

  /** Seconds in which no other silence counts: where they are the rule, they excuse nothing. */
  private static final double APART = 1;

  private static final double NANOS_PER_SECOND = 1e9;

  static StallDetector none(long nanos) {
    return new StallDetector(nanos, nanos - (long) (APART * NANOS_PER_SECOND));
  }

  /** Something was heard, while calls went out at {@code rate} per second. */
  StallDetector heard(long nanos, double rate) {
    boolean isLong = nanos - heardAtNanos > MISSED / rate * NANOS_PER_SECOND;
    boolean isApart = !isRecent(heardAtNanos);
    return new StallDetector(
        Math.max(heardAtNanos, nanos), isLong && isApart ? nanos : endedAtNanos);
  }

  /** Whether a count of the last second is too low for it. */
  boolean isRecent(long nanos) {
    return nanos - endedAtNanos < APART * NANOS_PER_SECOND;
  }

  /** Whether a call sent at {@code sentAtNanos} was on its way in the last silence. */
  boolean covers(long sentAtNanos) {
    return sentAtNanos < endedAtNanos;
  }
}
