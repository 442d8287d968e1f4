package io.fleetstop.credentials;

import java.time.Duration;

/** Checks the values of options. */
final class Bounds {

  private Bounds() {}

  static int positive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + " must be at least 1, was " + value);
    }
    return value;
  }

  static Duration positive(String field, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(field + " must be at least 1 ms, was " + value);
    }
    return value;
  }
}
