package io.fleetstop.cli.options;

/** The exit codes of the process. */
public enum ExitCode {
  /** Every instance is stopped or was skipped. */
  SUCCESS(0),
  /** Some instances failed, are unconfirmed, or could not be described. */
  INSTANCES_FAILED(1),
  /**
   * The command line is wrong, the fleet is too large, or the question was not answered with yes.
   * Nothing was stopped.
   */
  USAGE(2),
  /** More instances failed than the run allows. */
  FAILURE_LIMIT(3),
  /** Credentials, region or endpoint are missing or wrong, or do not permit the describe call. */
  CONFIGURATION(4),
  /** The run was interrupted. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
