package io.fleetstop.retry;

import java.time.Duration;

/** The delay before a retry: a pure function of the retry's number and a random number. */
@FunctionalInterface
public interface Backoff {

  /**
   * Returns the delay.
   *
   * @param retry the number of the retry, from 1
   * @param random a number from 0 (inclusive) to 1 (exclusive)
   */
  Duration delay(int retry, double random);

  /**
   * Full jitter: uniform from zero to the smaller of {@code cap} and {@code base} doubled for each
   * retry after the first. Never overflows.
   *
   * @throws IllegalArgumentException if {@code base} is not positive or {@code cap} is below it
   */
  static Backoff fullJitter(Duration base, Duration cap) {
    return new Jitter(base, cap, 0);
  }

  /**
   * Equal jitter: uniform from one half to the whole of the smaller of {@code cap} and {@code base}
   * doubled for each retry after the first. A few retries then last for a known time, as an outage
   * does. Never overflows.
   *
   * @throws IllegalArgumentException if {@code base} is not positive or {@code cap} is below it
   */
  static Backoff equalJitter(Duration base, Duration cap) {
    return new Jitter(base, cap, 0.5);
  }

  /** No delay. */
  static Backoff none() {
    return (retry, random) -> Duration.ZERO;
  }
}
