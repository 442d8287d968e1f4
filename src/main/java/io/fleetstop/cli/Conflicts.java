package io.fleetstop.cli;

/** Options that contradict each other. */
final class Conflicts {

  private Conflicts() {}

  /**
   * Rejects two options if both are there.
   *
   * @throws CommandFailure that names both
   */
  static void reject(String one, boolean isOne, String other, boolean isOther) {
    if (isOne && isOther) {
      throw CommandFailure.usage(one + " and " + other + " exclude each other");
    }
  }
}
