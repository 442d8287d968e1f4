package io.fleetstop.cli.options;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.InstanceId;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a command with a message and an exit code. */
public final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private static final String STATUS = "HTTP.";

  private final ExitCode exitCode;
  private final transient List<InstanceId> unconfirmed;

  private CommandFailure(ExitCode exitCode, @Nullable String message) {
    this(exitCode, message, List.of());
  }

  private CommandFailure(
      ExitCode exitCode, @Nullable String message, List<InstanceId> unconfirmed) {
    super(message);
    this.exitCode = exitCode;
    this.unconfirmed = unconfirmed;
  }

  /** Returns the same failure; the state of {@code instances} is unknown. */
  public CommandFailure leaving(Collection<InstanceId> instances) {
    return new CommandFailure(exitCode, getMessage(), List.copyOf(instances));
  }

  /** Returns the instances of which the service has shown nothing. */
  public List<InstanceId> unconfirmed() {
    return unconfirmed;
  }

  /** The command line is wrong. */
  public static CommandFailure usage(@Nullable String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }

  /** Credentials, region or endpoint are missing or wrong. */
  public static CommandFailure configuration(@Nullable String message) {
    return new CommandFailure(ExitCode.CONFIGURATION, message);
  }

  /** A signal ended the command before its run. */
  public static CommandFailure interrupted() {
    return new CommandFailure(ExitCode.INTERRUPTED, "the run was not started");
  }

  /** The service did not return what the command needs. */
  public static CommandFailure unanswered(String message) {
    return new CommandFailure(ExitCode.INSTANCES_FAILED, message);
  }

  /**
   * The service rejected or failed a call that the command needs.
   *
   * @param whatFailed the start of the message
   * @param outcome the consequence, and what to do
   */
  public static CommandFailure unanswered(String whatFailed, EcsException error, String outcome) {
    boolean forbidden =
        error.category() == Category.AUTH || error.category() == Category.PERMISSION;
    return new CommandFailure(
        forbidden ? ExitCode.CONFIGURATION : ExitCode.INSTANCES_FAILED,
        whatFailed
            + ": "
            + named(error.errorCode())
            + ": "
            + error.reason()
            + " ("
            + outcome
            + ")");
  }

  /** A reply without a code has one of its status, which no documentation explains. */
  private static String named(ErrorCode code) {
    return code.code().startsWith(STATUS)
        ? "a reply without an error code, HTTP status " + code.code().substring(STATUS.length())
        : code.code();
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  /**
   * Rejects two options that exclude each other.
   *
   * @throws CommandFailure that names both
   */
  public static void reject(String one, boolean oneGiven, String other, boolean otherGiven) {
    if (oneGiven && otherGiven) {
      throw CommandFailure.usage(one + " and " + other + " exclude each other; give one of them");
    }
  }
}
