package io.fleetstop.model;

import java.util.Objects;

/**
 * The validated id of an instance.
 *
 * <p>The service does not document the form of an id. Accepted is what can be sent safely: {@value
 * #MAX_LENGTH} characters at most, ASCII letters, digits, {@code -} and {@code _}, starting with a
 * letter or digit.
 *
 * @param value the id as the service writes it
 */
public record InstanceId(String value) implements Comparable<InstanceId> {

  /** The longest id that is accepted, in characters. */
  public static final int MAX_LENGTH = 128;

  /** Rejects a malformed id with an error that names the rule and the value. */
  public InstanceId {
    Objects.requireNonNull(value, "InstanceId: value");
    if (value.isEmpty()) {
      throw new IllegalArgumentException("InstanceId must not be empty");
    }
    if (value.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "InstanceId must have at most "
              + MAX_LENGTH
              + " characters, has "
              + value.length()
              + ": "
              + Text.quote(value));
    }
    for (int i = 0; i < value.length(); i++) {
      if (!isAllowed(value.charAt(i), i)) {
        throw new IllegalArgumentException(
            "InstanceId must hold letters, digits, '-' and '_' only, and start with a letter or"
                + " digit, was "
                + Text.quote(value));
      }
    }
  }

  /** Returns the id {@code value}. */
  public static InstanceId of(String value) {
    return new InstanceId(value);
  }

  private static boolean isAllowed(char c, int position) {
    boolean letterOrDigit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letterOrDigit || (position > 0 && (c == '-' || c == '_'));
  }

  @Override
  public int compareTo(InstanceId other) {
    return value.compareTo(other.value);
  }

  /** The id itself. */
  @Override
  public String toString() {
    return value;
  }
}
