package io.fleetstop.retry;

import io.fleetstop.error.Printable;
import java.time.Duration;
import java.util.Objects;

/** Uniform from the fixed share to the whole of the smaller of the cap and the doubled base. */
record Jitter(Duration base, Duration cap, double fixedShare) implements Backoff {

  Jitter {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(cap, "cap");
    if (base.isZero() || base.isNegative()) {
      throw new IllegalArgumentException("base must be positive, was " + Printable.duration(base));
    }
    if (cap.compareTo(base) < 0) {
      throw new IllegalArgumentException(
          "cap must be at least base "
              + Printable.duration(base)
              + ", was "
              + Printable.duration(cap));
    }
  }

  @Override
  public Duration delay(int retry, double random) {
    return Duration.ofNanos(
        (long) (ceilingNanos(retry) * (fixedShare + (1 - fixedShare) * random)));
  }

  private double ceilingNanos(int retry) {
    // Floating point does not overflow: a value that is too large becomes the cap.
    return Math.min((double) cap.toNanos(), base.toNanos() * Math.pow(2, retry - 1.0));
  }
}
