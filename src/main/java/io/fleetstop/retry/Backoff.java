package io.fleetstop.retry;

import java.time.Duration;

/** How long to wait before trying again: a pure function of how often, and of a random number. */
@FunctionalInterface
public interface Backoff {

  /**
   * The wait.
   *
   * @param retry which retry it is, counted from one
   * @param random a number from zero (inclusive) to one (exclusive)
   */
  Duration delay(int retry, double random);

  /**
   * Full jitter: uniform from zero to the smaller of {@code cap} and {@code base} doubled for each
   * retry after the first. Never overflows, whatever the retry.
   *
   * @throws IllegalArgumentException if {@code base} is not positive or {@code cap} is below it
   */
  static Backoff fullJitter(Duration base, Duration cap) {
    if (base.isZero() || base.isNegative()) {
      throw new IllegalArgumentException("base must be positive, was " + base);
    }
    if (cap.compareTo(base) < 0) {
      throw new IllegalArgumentException("cap must be at least base " + base + ", was " + cap);
    }
    return new FullJitter(base, cap);
  }

  /** No wait at all. */
  static Backoff none() {
    return (retry, random) -> Duration.ZERO;
  }
}
