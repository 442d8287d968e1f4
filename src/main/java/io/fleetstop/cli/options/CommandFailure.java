package io.fleetstop.cli.options;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import org.jspecify.annotations.Nullable;

/** A command cannot go on: what to tell the user, and how to end. */
public final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  private CommandFailure(ExitCode exitCode, @Nullable String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command line is wrong. */
  public static CommandFailure usage(@Nullable String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }

  /** Credentials, region or endpoint are missing or wrong. */
  public static CommandFailure configuration(@Nullable String message) {
    return new CommandFailure(ExitCode.CONFIGURATION, message);
  }

  /** The service did not tell what had to be known. */
  public static CommandFailure unanswered(String message) {
    return new CommandFailure(ExitCode.INSTANCES_FAILED, message);
  }

  /**
   * The service refused, or failed, to tell what had to be known.
   *
   * @param whatFailed the sentence that its error follows
   * @param outcome what came of it, and what to do
   */
  public static CommandFailure unanswered(String whatFailed, EcsException error, String outcome) {
    String detail = error.detail() == null ? error.errorCode().meaning() : error.detail();
    boolean isForbidden =
        error.category() == Category.AUTH || error.category() == Category.PERMISSION;
    return new CommandFailure(
        isForbidden ? ExitCode.CONFIGURATION : ExitCode.INSTANCES_FAILED,
        whatFailed + ": " + error.errorCode().code() + ": " + detail + " (" + outcome + ")");
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  /**
   * Rejects two options if both are there.
   *
   * @throws CommandFailure that names both
   */
  public static void reject(String one, boolean isOne, String other, boolean isOther) {
    if (isOne && isOther) {
      throw CommandFailure.usage(one + " and " + other + " exclude each other");
    }
  }
}
