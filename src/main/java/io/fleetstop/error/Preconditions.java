package io.fleetstop.error;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The checks of arguments that the packages share. Each returns the checked value, or fails with an
 * {@code IllegalArgumentException} that names field, rule and value.
 */
public final class Preconditions {

  private static final int MAX_TEXT = 128;

  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** Much longer ones would overflow in nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(365);

  /** One permit per nanosecond, the resolution of the clock. */
  private static final double MAX_RATE = 1e9;

  private Preconditions() {}

  /** Checks that a number is at least 1. */
  public static int positive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + " must be at least 1, was " + value);
    }
    return value;
  }

  /** Checks that a duration is 1 ms to 365 days. */
  public static Duration positive(String field, Duration value) {
    return positive(field, value, LONGEST);
  }

  /** Checks that a duration is 1 ms to this number of days. */
  public static Duration positive(String field, Duration value, Duration longest) {
    requireNonNull(value, field);
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(longest) > 0) {
      throw new IllegalArgumentException(
          field
              + " must be 1 ms to "
              + longest.toDays()
              + " days, was "
              + Printable.duration(value));
    }
    return value;
  }

  /** Checks that a duration is 0 to 365 days. */
  public static Duration notNegative(String field, Duration value) {
    requireNonNull(value, field);
    if (value.isNegative() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          field + " must be 0 to " + LONGEST.toDays() + " days, was " + Printable.duration(value));
    }
    return value;
  }

  /** Checks that a rate is greater than 0 and not above what the clock resolves. */
  public static double rate(String field, double value) {
    if (!(value > 0 && value <= MAX_RATE)) {
      throw new IllegalArgumentException(
          field + " must be greater than 0 and at most " + MAX_RATE + " per second, was " + value);
    }
    return value;
  }

  /** Checks that two bounds are in order. */
  public static void ordered(String lower, double low, String upper, double high) {
    if (low > high) {
      throw new IllegalArgumentException(
          lower + " must be at most " + upper + ", was " + low + " > " + high);
    }
  }

  /** Returns a text of 1 to {@value #MAX_TEXT} characters that is not blank. */
  public static String text(String field, String value) {
    requireNonNull(value, field);
    if (!value.isEmpty() && value.isBlank()) {
      throw new IllegalArgumentException(
          field + " must have 1 to " + MAX_TEXT + " characters, not all white space");
    }
    if (value.isEmpty() || value.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          field + " must have 1 to " + MAX_TEXT + " characters, has " + value.length());
    }
    return value;
  }
}
