package io.fleetstop.limit;

/** The checks that the options of this package share. Each returns the checked value. */
final class Preconditions {

  /** One permit per nanosecond, the resolution of the clock. */
  private static final double MAX_RATE = 1e9;

  private Preconditions() {}

  static double rate(String field, double value) {
    if (!(value > 0 && value <= MAX_RATE)) {
      throw new IllegalArgumentException(
          field + " must be greater than 0 and at most " + MAX_RATE + " per second, was " + value);
    }
    return value;
  }

  static int positive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + " must be at least 1, was " + value);
    }
    return value;
  }

  /** Checks that two bounds are in order. */
  static void ordered(String lower, double low, String upper, double high) {
    if (low > high) {
      throw new IllegalArgumentException(
          lower + " must be at most " + upper + ", was " + low + " > " + high);
    }
  }
}
