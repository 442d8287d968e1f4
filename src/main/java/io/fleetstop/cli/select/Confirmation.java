package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The question before a fleet is stopped. */
final class Confirmation {

  private static final int MAX_ANSWER = 100;

  /** A yes to a larger fleet is too easily typed: its number shows that the plan was read. */
  private static final int MAX_YES = 100;

  private Confirmation() {}

  /**
   * Requires a terminal on stdin and stderr.
   *
   * @param count the number of instances to stop, or {@code null} if it is not known yet
   * @throws CommandFailure if there is none
   */
  static void requireInteractive(Terminal terminal, @Nullable Integer count) {
    if (!terminal.isTerminal(Terminal.Stream.STDIN)
        || !terminal.isTerminal(Terminal.Stream.STDERR)) {
      throw CommandFailure.usage(
          count == null
              ? "filters without a terminal need --yes and --max-instances N, because the"
                  + " question cannot be answered; nothing was stopped"
              : "stopping "
                  + TerminalText.instances(count)
                  + " needs --yes without a terminal, because the question cannot be answered;"
                  + " nothing was stopped");
    }
    if (!terminal.isForeground()) {
      throw CommandFailure.usage(
          "the question cannot be answered in the background; nothing was stopped. Run the"
              + " command in the foreground, or with --yes");
    }
  }

  /**
   * Asks for confirmation; returns if the answer is yes or, for a fleet of more than {@value
   * #MAX_YES}, its number.
   *
   * @param note a line to show first, or {@code null}
   * @throws CommandFailure on any other answer
   */
  static void require(Terminal terminal, StopPlan plan, @Nullable String note) {
    int count = plan.fleet().ids().size();
    boolean large = count > MAX_YES;
    PrintStream err = terminal.err();
    if (note != null) {
      Progress.NONE.print(err, note);
    }
    plan.lines().forEach(line -> Progress.NONE.print(err, line));
    err.print(
        large ? "To stop them, type the number of instances, " + count + ": " : "Continue? [y/N] ");
    err.flush();
    String answer = answer(terminal.in()).strip();
    if (large ? !answer.replace(",", "").equals(Integer.toString(count)) : !isYes(answer)) {
      throw CommandFailure.usage(
          "not confirmed; nothing was stopped. Only "
              + (large ? "the number " + count : "y or yes")
              + " is taken as a yes");
    }
  }

  private static boolean isYes(String answer) {
    String word = answer.toLowerCase(Locale.ROOT);
    return word.equals("y") || word.equals("yes");
  }

  // Byte by byte: input after the answer belongs to the shell.
  private static String answer(InputStream in) {
    StringBuilder line = new StringBuilder();
    try {
      for (int c = in.read(); c >= 0 && c != '\n' && line.length() < MAX_ANSWER; c = in.read()) {
        line.append((char) c);
      }
    } catch (IOException e) {
      throw CommandFailure.usage(
          "the answer cannot be read: "
              + e.getMessage()
              + "; nothing was stopped. Run the command again, or with --yes");
    }
    return line.toString();
  }
}
