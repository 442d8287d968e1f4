package io.fleetstop.retry;

import java.time.Duration;

/** Uniform from zero to the smaller of the cap and the doubled base. */
record FullJitter(Duration base, Duration cap) implements Backoff {

  @Override
  public Duration delay(int retry, double random) {
    return Duration.ofNanos((long) (ceilingNanos(retry) * random));
  }

  private double ceilingNanos(int retry) {
    // Floating point does not overflow: a value that is too large becomes the cap.
    return Math.min((double) cap.toNanos(), base.toNanos() * Math.pow(2, retry - 1.0));
  }
}
