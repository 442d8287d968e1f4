package io.fleetstop.spring;

/** A property, or a combination of them, that a check of the client rejected. */
final class InvalidPropertyException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final String group;
  private final String rule;

  InvalidPropertyException(String group, String rule, Throwable cause) {
    super(group + ": " + rule, cause);
    this.group = group;
    this.rule = rule;
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
