package io.fleetstop.cli.options;

/** How the process ends. */
public enum ExitCode {
  /** Every instance is in the wanted state. */
  SUCCESS(0),
  /** Some instances failed, nobody can say what became of them, or they cannot be looked up. */
  INSTANCES_FAILED(1),
  /** The command line is wrong, the fleet too large, or nobody said yes. Nothing was stopped. */
  USAGE(2),
  /** More instances failed than the run allows. */
  FAILURE_LIMIT(3),
  /** Credentials, region or endpoint are missing or wrong, or do not allow to look. */
  CONFIGURATION(4),
  /** The run was told to end before its end. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
