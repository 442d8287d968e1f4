package io.fleetstop.cli;

import io.fleetstop.fleet.ShutdownOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The question before a fleet is stopped. */
final class Confirmation {

  private static final int MAX_ANSWER = 100;

  private Confirmation() {}

  /**
   * Goes on where somebody can be asked.
   *
   * @param count how many instances are to be stopped, or {@code null} if that is not known yet
   * @throws CommandFailure where nobody can
   */
  static void requireSomebody(Terminal terminal, @Nullable Integer count) {
    if (!terminal.isTerminal(Terminal.Stream.IN) || !terminal.isTerminal(Terminal.Stream.ERR)) {
      throw CommandFailure.usage(
          count == null
              ? "a fleet found by filters needs --yes and --max-instances N where nobody can be asked"
              : "stopping " + instances(count) + " needs --yes where nobody can be asked");
    }
  }

  /**
   * Asks, and goes on after a yes.
   *
   * @throws CommandFailure after anything else, and where nobody can be asked
   */
  static void require(Terminal terminal, Selection fleet, ShutdownOptions options, Target target) {
    requireSomebody(terminal, fleet.ids().size());
    String leftOut = fleet.leftOutInWords();
    PrintStream err = terminal.err();
    err.print(
        String.format(
            "About to stop %s in %s (%s%s): %s%n%sGo on? [y/N] ",
            instances(fleet.ids().size()),
            target.region(),
            options.stoppedMode().wireName(),
            options.isForceStop() ? ", forced" : "",
            fleet.names(),
            leftOut == null ? "" : leftOut + System.lineSeparator()));
    err.flush();
    if (!isYes(answer(terminal.in()))) {
      throw CommandFailure.usage("not confirmed; nothing was stopped");
    }
  }

  private static String instances(int count) {
    return count == 1 ? "1 instance" : Numbers.count(count) + " instances";
  }

  private static boolean isYes(String answer) {
    String word = answer.strip().toLowerCase(Locale.ROOT);
    return word.equals("y") || word.equals("yes");
  }

  // Byte by byte: nothing that comes after the answer may be taken.
  private static String answer(InputStream in) {
    StringBuilder line = new StringBuilder();
    try {
      for (int c = in.read(); c >= 0 && c != '\n' && line.length() < MAX_ANSWER; c = in.read()) {
        line.append((char) c);
      }
    } catch (IOException e) {
      throw CommandFailure.usage("the answer cannot be read: " + e.getMessage());
    }
    return line.toString();
  }
}
