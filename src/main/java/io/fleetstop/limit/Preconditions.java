package io.fleetstop.limit;

/** The rules that options of this package share; each returns what it was given. */
final class Preconditions {

  /** Beyond a permit a nanosecond there is no time between two of them. */
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

  /** Accepts bounds in order only. */
  static void ordered(String lower, double low, String upper, double high) {
    if (low > high) {
      throw new IllegalArgumentException(
          lower + " must be at most " + upper + ", was " + low + " > " + high);
    }
  }
}
