package io.fleetstop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How to go on with a run that ended early.
 *
 * @param commandLine the words after {@code fleetstop}
 * @param runId the id of the run
 */
record ResumeHint(List<String> commandLine, String runId) {

  private static final int MAX_COMMAND = 1_000;
  private static final String RUN_ID = "--run-id";
  private static final String JOURNAL = "--journal";
  private static final String RESUME = "--resume";

  /**
   * The command, or, where it would fill the screen, how it differs from the one that was given.
   */
  String command() {
    // A journal knows the id of its run.
    List<String> more =
        has(JOURNAL)
            ? has(RESUME) ? List.of() : List.of(RESUME)
            : has(RUN_ID) ? List.of() : List.of(RUN_ID, runId);
    List<String> words = new ArrayList<>(commandLine);
    words.addAll(1, more);
    String command = "fleetstop " + shell(words);
    if (command.length() <= MAX_COMMAND) {
      return TerminalText.escape(command);
    }
    String again = has(JOURNAL) ? RESUME : RUN_ID + " " + runId;
    return "the same command and " + TerminalText.escape(again);
  }

  private boolean has(String option) {
    return commandLine.stream()
        .anyMatch(word -> word.equals(option) || word.startsWith(option + "="));
  }

  private static String shell(List<String> words) {
    return words.stream().map(TerminalText::shellWord).collect(Collectors.joining(" "));
  }
}
