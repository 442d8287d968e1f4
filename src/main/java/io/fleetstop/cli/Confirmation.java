package io.fleetstop.cli;

import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The question before more than one instance is stopped. */
final class Confirmation {

  private static final int SHOWN = 5;
  private static final int MAX_ANSWER = 100;

  private Confirmation() {}

  /**
   * Asks, and goes on after a yes.
   *
   * @throws CommandFailure after anything else, and where nobody can be asked
   */
  static void require(
      Terminal terminal, Set<InstanceId> ids, ShutdownOptions options, Target target) {
    String count = Numbers.count(ids.size());
    if (!terminal.isTerminal(Terminal.Stream.IN) || !terminal.isTerminal(Terminal.Stream.ERR)) {
      throw CommandFailure.usage(
          "stopping " + count + " instances needs --yes where nobody can be asked");
    }
    PrintStream err = terminal.err();
    err.print(
        String.format(
            "About to stop %s instances in %s (%s%s): %s%nGo on? [y/N] ",
            count,
            target.region(),
            options.stoppedMode().wireName(),
            options.isForceStop() ? ", forced" : "",
            names(ids)));
    err.flush();
    if (!isYes(answer(terminal.in()))) {
      throw CommandFailure.usage("not confirmed; nothing was sent");
    }
  }

  private static String names(Set<InstanceId> ids) {
    String first =
        ids.stream().limit(SHOWN).map(InstanceId::value).collect(Collectors.joining(", "));
    int more = ids.size() - SHOWN;
    return more > 0 ? first + " and " + Numbers.count(more) + " more" : first;
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
