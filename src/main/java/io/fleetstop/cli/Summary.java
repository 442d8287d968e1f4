package io.fleetstop.cli;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is said at the end of a run.
 *
 * @param calls what was sent
 * @param wayOn how to go on with the run
 * @param endedBy why the run ended before its end, or {@code null}
 */
record Summary(RequestStats calls, ResumeHint wayOn, @Nullable String endedBy) {

  /** The lines. */
  List<String> lines(ExitCode exitCode, OutcomeCounts tally) {
    List<String> lines = new ArrayList<>();
    lines.add(headline(exitCode, tally));
    tally
        .errorCodes()
        .forEach(
            (code, count) ->
                lines.add("  " + TerminalText.escape(code) + ": " + Numbers.count(count)));
    if (endedBy != null) {
      lines.add("Ended early: " + TerminalText.escape(endedBy));
    }
    lines.add("Requests: " + calls);
    lines.add("Run id: " + TerminalText.escape(wayOn.runId()));
    if (isUnfinished(exitCode)) {
      lines.add("Go on with: " + wayOn.command());
    }
    return lines;
  }

  private String headline(ExitCode exitCode, OutcomeCounts tally) {
    String counts =
        Arrays.stream(Kind.values())
            .filter(kind -> tally.of(kind) > 0)
            .map(kind -> Numbers.count(tally.of(kind)) + " " + words(kind))
            .collect(Collectors.joining(", "));
    long missing = tally.total() - tally.done();
    boolean isEndedEarly = exitCode == ExitCode.INTERRUPTED || endedBy != null;
    return (exitCode == ExitCode.INTERRUPTED ? "Interrupted after " : "Done in ")
        + Numbers.time(tally.elapsed())
        + ", "
        + Numbers.rate(tally.done(), tally.elapsed())
        + ": "
        + (tally.total() == 1 ? "1 instance" : Numbers.count(tally.total()) + " instances")
        + (counts.isEmpty() ? "" : ", " + counts)
        + (missing == 0
            ? ""
            : ", " + Numbers.count(missing) + (isEndedEarly ? " not begun" : " lost sight of"));
  }

  private static String words(Kind kind) {
    return kind == Kind.DRY_RUN_PASSED
        ? "passed the dry run"
        : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Whether there is more to do than was done. */
  static boolean isUnfinished(ExitCode exitCode) {
    return switch (exitCode) {
      case INTERRUPTED, FAILURE_LIMIT, CONFIGURATION -> true;
      default -> false;
    };
  }
}
