package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The question before a fleet is stopped or started. */
final class Confirmation {

  private static final int MAX_ANSWER = 100;

  /** A yes to a larger fleet is too easily typed: its number shows that the plan was read. */
  private static final int MAX_YES = 100;

  /** What the user is asked about. */
  enum Verb {
    STOP("stopping", "stopped", "stop"),
    START("starting", "started", "start");

    private final String gerund;
    private final String participle;
    private final String imperative;

    Verb(String gerund, String participle, String imperative) {
      this.gerund = gerund;
      this.participle = participle;
      this.imperative = imperative;
    }

    private String nothing() {
      return "nothing was " + participle;
    }
  }

  private Confirmation() {}

  /**
   * Requires a terminal on stdin and stderr.
   *
   * @param count the number of instances, or {@code null} if it is not known yet
   * @throws CommandFailure if there is none
   */
  static void requireInteractive(Terminal terminal, @Nullable Integer count) {
    requireInteractive(terminal, count, Verb.STOP);
  }

  /** As {@link #requireInteractive(Terminal, Integer)}, for a stop or a start. */
  static void requireInteractive(Terminal terminal, @Nullable Integer count, Verb verb) {
    if (!terminal.isTerminal(Terminal.Stream.STDIN)
        || !terminal.isTerminal(Terminal.Stream.STDERR)) {
      throw CommandFailure.usage(
          count == null
              ? "filters without a terminal need --yes and --max-instances N, because the"
                  + " question cannot be answered; "
                  + verb.nothing()
              : verb.gerund
                  + " "
                  + TerminalText.instances(count)
                  + " needs --yes without a terminal, because the question cannot be answered; "
                  + verb.nothing());
    }
    if (!terminal.isForeground()) {
      throw CommandFailure.usage(
          "the question cannot be answered in the background; "
              + verb.nothing()
              + ". Run the command in the foreground, or with --yes");
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
    if (note != null) {
      Progress.NONE.print(terminal.err(), note);
    }
    require(terminal, plan.reached(), plan.lines(), Verb.STOP);
  }

  /** As {@link #require(Terminal, StopPlan, String)}, for any plan. */
  static void require(Terminal terminal, int count, List<String> plan, Verb verb) {
    boolean large = count > MAX_YES;
    PrintStream err = terminal.err();
    // What was typed before the question is no answer to it.
    terminal.discardTyped();
    plan.forEach(line -> Progress.NONE.print(err, line));
    err.print(
        large
            ? "To " + verb.imperative + " them, type the number of instances, " + count + ": "
            : "Continue? [y/N] ");
    err.flush();
    String answer = answer(terminal, verb).strip();
    if (large ? !answer.replace(",", "").equals(Integer.toString(count)) : !isYes(answer)) {
      throw CommandFailure.usage(
          "not confirmed; "
              + verb.nothing()
              + ". Only "
              + (large ? "the number " + count : "y or yes")
              + " is taken as a yes");
    }
  }

  private static boolean isYes(String answer) {
    String word = answer.toLowerCase(Locale.ROOT);
    return word.equals("y") || word.equals("yes");
  }

  // Byte by byte: input after the answer belongs to the shell.
  private static String answer(Terminal terminal, Verb verb) {
    InputStream in = terminal.in();
    StringBuilder line = new StringBuilder();
    try {
      int c = in.read();
      for (; c >= 0 && c != '\n' && line.length() < MAX_ANSWER; c = in.read()) {
        line.append((char) c);
      }
      if (c < 0) {
        // Ctrl-D leaves the cursor behind the question.
        terminal.err().print("\n");
      }
    } catch (IOException e) {
      throw CommandFailure.usage(
          "the answer cannot be read: "
              + e.getMessage()
              + "; "
              + verb.nothing()
              + ". Run the command again, or with --yes");
    }
    return line.toString();
  }
}
