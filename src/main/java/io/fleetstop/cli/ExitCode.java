package io.fleetstop.cli;

/** How the process ends. */
enum ExitCode {
  /** Every instance is in the wanted state. */
  SUCCESS(0),
  /** Some instances failed, or nobody can say what became of them. */
  INSTANCES_FAILED(1),
  /** The command line is wrong, or nobody said yes. Nothing was sent. */
  USAGE(2),
  /** More instances failed than the run allows. */
  FAILURE_LIMIT(3),
  /** Credentials, region or endpoint are missing or wrong. */
  CONFIGURATION(4),
  /** The run was told to end before its end. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
