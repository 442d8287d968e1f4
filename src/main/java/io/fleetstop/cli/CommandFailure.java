package io.fleetstop.cli;

import org.jspecify.annotations.Nullable;

/** A command cannot go on: what to tell the user, and how to end. */
final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  private CommandFailure(ExitCode exitCode, @Nullable String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command line is wrong. */
  static CommandFailure usage(@Nullable String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }

  /** Credentials, region or endpoint are missing or wrong. */
  static CommandFailure configuration(@Nullable String message) {
    return new CommandFailure(ExitCode.CONFIGURATION, message);
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
