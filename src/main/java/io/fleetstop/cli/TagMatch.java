package io.fleetstop.cli;

import io.fleetstop.model.Instance;
import org.jspecify.annotations.Nullable;

/**
 * A tag that an instance may have.
 *
 * @param key its key
 * @param value its value, or {@code null} for any
 */
record TagMatch(String key, @Nullable String value) {

  /**
   * Reads {@code key} or {@code key=value}; the key ends at the first {@code =}, and the value may
   * be empty.
   *
   * @throws IllegalArgumentException if there is no key
   */
  static TagMatch of(String word) {
    int equals = word.indexOf('=');
    String key = equals < 0 ? word : word.substring(0, equals);
    if (key.isBlank()) {
      throw new IllegalArgumentException("must be key or key=value");
    }
    return new TagMatch(key, equals < 0 ? null : word.substring(equals + 1));
  }

  /** Whether an instance has it. */
  boolean isOn(Instance instance) {
    String actual = instance.tag(key);
    return actual != null && (value == null || value.equals(actual));
  }

  /** As it is written on a command line. */
  @Override
  public String toString() {
    return value == null ? key : key + "=" + value;
  }
}
