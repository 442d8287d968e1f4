package io.fleetstop.spring;

import org.jspecify.annotations.Nullable;

/** A property, or a combination of them, that a check of the client rejected. */
final class InvalidPropertyException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final String group;
  private final String rule;

  InvalidPropertyException(String group, String rule, @Nullable Throwable cause) {
    super(group + ": " + rule, cause);
    this.group = group;
    this.rule = rule;
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

  /** Returns the check's message: field, rule and value. */
  String rule() {
    return rule;
  }
}
