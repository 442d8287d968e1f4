package io.fleetstop.spring;

import io.fleetstop.error.Printable;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A property, or a combination of them, that a check of the client rejected. */
final class InvalidPropertyException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private static final Pattern NO_WORD = Pattern.compile("[^a-z0-9-]+");

  private final String group;
  private final String rule;
  private boolean unknown;

  @SuppressWarnings("serial") // List.of is serializable
  private final List<String> properties;

  /**
   * Creates the error of the properties of a group that the rule names.
   *
   * @param group the prefix of the properties, for example {@code fleetstop.retry}
   * @param rule the rule and the value, with the names of properties below the group
   */
  InvalidPropertyException(String group, String rule, @Nullable Throwable cause) {
    this(
        group,
        rule,
        NO_WORD.splitAsStream(rule).distinct().map(word -> group + "." + word).toList(),
        cause);
  }

  /**
   * Creates the error of these properties.
   *
   * @param properties full names, of which some may be unset
   */
  InvalidPropertyException(
      String group, String rule, List<String> properties, @Nullable Throwable cause) {
    super(group + ": " + rule, cause);
    this.group = group;
    this.rule = rule;
    this.properties = List.copyOf(properties);
  }

  /**
   * Returns the error of a name that no property has, whose value may be a secret.
   *
   * @param group the prefix of the properties that were meant
   * @param known the names of these
   * @param name the full name
   */
  static InvalidPropertyException unknown(String group, String last, String known, String name) {
    InvalidPropertyException error =
        new InvalidPropertyException(
            group,
            Printable.of(last) + " is no property of " + group + "; these are " + known,
            List.of(name),
            null);
    error.unknown = true;
    return error;
  }

  /** Returns whether the name is wrong, and not the value. */
  boolean isUnknown() {
    return unknown;
  }

  /** Returns the first of its kind among the causes; {@code null} if there is none. */
  static @Nullable InvalidPropertyException find(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof InvalidPropertyException)) {
      cause = cause.getCause();
    }
    return (InvalidPropertyException) cause;
  }

  /** Returns the prefix of the rejected property, for example {@code fleetstop.retry}. */
  String group() {
    return group;
  }

  /** Returns the check's message: property, rule and value. */
  String rule() {
    return rule;
  }

  /** Returns the full names of the properties that may be concerned; some may be unset. */
  List<String> properties() {
    return properties;
  }
}
