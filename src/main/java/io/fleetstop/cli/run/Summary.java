package io.fleetstop.cli.run;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The summary of a run.
 *
 * @param calls a summary of the requests
 * @param resumeHint the command that resumes the run
 * @param endedBy why the run ended early, or {@code null}
 * @param advice how the run is resumed if it is shared, empty if it is not, or {@code null} for the
 *     advice about a run of this process
 */
public record Summary(
    RequestStats calls,
    ResumeHint resumeHint,
    @Nullable String endedBy,
    @Nullable List<String> advice) {

  public Summary(RequestStats calls, ResumeHint resumeHint, @Nullable String endedBy) {
    this(calls, resumeHint, endedBy, null);
  }

  /** Returns the lines. */
  public List<String> lines(ExitCode exitCode, OutcomeCounts tally) {
    List<String> lines = new ArrayList<>();
    lines.add(headline(exitCode, tally));
    lines.addAll(errors(tally));
    if (endedBy != null) {
      lines.add("Ended early: " + TerminalText.escape(endedBy));
    }
    lines.add("Requests: " + calls);
    lines.add("Run id: " + TerminalText.escape(resumeHint.runId()));
    if (advice != null) {
      lines.addAll(advice);
      return lines;
    }
    // A service that stops instances in a dry run must not be asked again.
    boolean cutShort =
        endedBy != null
            && tally.doneNow() > 0
            && !endedBy.startsWith(ClientErrors.UNEXPECTED_SUCCESS.code());
    if (isUnfinished(exitCode) || cutShort) {
      lines.add("Resume with: " + resumeHint.command());
    }
    if (endedBy != null && endedBy.startsWith(ClientErrors.JOURNAL_FAILED.code())) {
      lines.add(
          "If the journal is gone or damaged, run the command with another --journal: instances"
              + " that are stopped already are found as such");
    }
    return lines;
  }

  /** Returns a line for each deciding error. */
  static List<String> errors(OutcomeCounts tally) {
    return tally.errorCodes().entrySet().stream()
        .map(
            entry ->
                "  "
                    + TerminalText.escape(entry.getKey())
                    + ": "
                    + TerminalText.count(entry.getValue()))
        .toList();
  }

  /** Returns the number of instances of each outcome, such as {@code 7 stopped, 1 failed}. */
  static String outcomes(OutcomeCounts tally) {
    List<String> counts = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      long count = tally.of(kind) - (kind == Kind.SKIPPED ? tally.cutShort() : 0);
      if (count > 0) {
        counts.add(TerminalText.count(count) + " " + words(kind));
      }
    }
    if (tally.cutShort() > 0) {
      // "skipped" alone reads like protection.
      counts.add(TerminalText.count(tally.cutShort()) + " skipped because the run ended");
    }
    return String.join(", ", counts);
  }

  private String headline(ExitCode exitCode, OutcomeCounts tally) {
    String counts = outcomes(tally);
    long missing = tally.instances() - tally.done();
    boolean endedEarly = exitCode == ExitCode.INTERRUPTED || endedBy != null;
    return (exitCode != ExitCode.INTERRUPTED
            ? "Done in "
            : endedBy == null ? "Interrupted after " : "Ended after ")
        + TerminalText.time(tally.elapsed())
        + ", "
        + TerminalText.rate(Math.max(0, tally.doneNow() - tally.of(Kind.SKIPPED)), tally.elapsed())
        + ": "
        + TerminalText.instances(tally.instances())
        + (counts.isEmpty() ? "" : ", " + counts)
        + (tally.before() == 0
            ? ""
            : " (" + TerminalText.count(tally.before()) + " of them before the run was resumed)")
        + (missing == 0
            ? ""
            : ", "
                + TerminalText.count(missing)
                + (endedEarly && !tally.isShared() ? " not started" : " without an outcome"));
  }

  private static String words(Kind kind) {
    return kind == Kind.DRY_RUN_PASSED
        ? "passed the dry run"
        : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Whether the run left anything to do. */
  static boolean isUnfinished(ExitCode exitCode) {
    return switch (exitCode) {
      case INTERRUPTED, FAILURE_LIMIT, CONFIGURATION -> true;
      default -> false;
    };
  }

  /**
   * The command that resumes a run that ended early.
   *
   * @param commandLine the words after {@code fleetstop}
   * @param runId the id of the run
   */
  public record ResumeHint(List<String> commandLine, String runId) {

    private static final int MAX_COMMAND = 1_000;
    private static final String RUN_ID = "--run-id";
    private static final String JOURNAL = "--journal";
    private static final String RESUME = "--resume";

    private static final String JOURNAL_ONLY = "--journal-only";

    private static final List<String> ID_OPTIONS = List.of("--ids-file", "--exclude-file");
    private static final List<String> STDIN = List.of("-", "/dev/stdin", "/dev/fd/0");
    private static final String PIPES = "/dev/fd/";

    private static final String PROXY = "--proxy";
    private static final String NOTIFY = "--notify-command";

    /**
     * Removes the user and the password of a proxy from the command, and a number that is another
     * one when it is resumed.
     */
    public ResumeHint {
      List<String> shown = withoutOption(JOURNAL_ONLY, commandLine);
      for (int i = 0; i < shown.size(); i++) {
        String word = shown.get(i);
        if (i > 0 && shown.get(i - 1).equals(PROXY)) {
          shown.set(i, TerminalText.withoutUserInfo(word));
        } else if (word.startsWith(PROXY + "=")) {
          String address = word.substring(PROXY.length() + 1);
          shown.set(i, PROXY + "=" + TerminalText.withoutUserInfo(address));
        }
      }
      commandLine = List.copyOf(shown);
    }

    /** Returns the line that is printed at the start, for a run that is killed. */
    public String atStart() {
      return "Run id: "
          + TerminalText.escape(runId)
          + ". If the run is killed, resume with: "
          + command();
    }

    /** Returns the given command, without secrets. */
    String given() {
      return TerminalText.escape("fleetstop " + shell(withoutNotifyCommand()));
    }

    /** Returns the command for others to read: an address to notify often holds a secret. */
    String shownCommand() {
      return new ResumeHint(withoutNotifyCommand(), runId).command();
    }

    private List<String> withoutNotifyCommand() {
      return withoutOption(NOTIFY, commandLine);
    }

    /** Returns the command, or, if it is very long, how it differs from the given one. */
    public String command() {
      // The journal has the id of its run.
      List<String> more =
          isJournaled()
              ? isGiven(RESUME) ? List.of() : List.of(RESUME)
              : isGiven(RUN_ID) ? List.of() : List.of(RUN_ID, runId);
      List<String> words = new ArrayList<>(commandLine);
      words.addAll(1, more);
      String command = (isGivenInput() ? "the same ids on stdin and: " : "") + "fleetstop ";
      command += shell(words);
      if (command.length() <= MAX_COMMAND && !isGivenPipe()) {
        return TerminalText.escape(command);
      }
      String again = isJournaled() ? RESUME : RUN_ID + " " + runId;
      return "the same command and " + TerminalText.escape(again);
    }

    /** A dry run of a start has a journal only if it is named: --journal is that of the stop. */
    private boolean isJournaled() {
      boolean isDryStart = commandLine.get(0).equals("start") && isGiven("--dry-run");
      return isDryStart ? isGiven("--start-journal") || isGiven(RESUME) : isGiven(JOURNAL);
    }

    /** Whether ids were read from stdin, which is another one when the command is pasted. */
    private boolean isGivenInput() {
      return fileIds().anyMatch(STDIN::contains);
    }

    /** Whether ids were read from a pipe of the shell that ends with the command. */
    private boolean isGivenPipe() {
      return fileIds().anyMatch(file -> file.startsWith(PIPES) && !STDIN.contains(file));
    }

    private Stream<String> fileIds() {
      Stream<String> attached =
          commandLine.stream()
              .filter(word -> ID_OPTIONS.stream().anyMatch(option -> word.startsWith(option + "=")))
              .map(word -> word.substring(word.indexOf('=') + 1));
      Stream<String> next =
          IntStream.range(1, commandLine.size())
              .filter(i -> ID_OPTIONS.contains(commandLine.get(i - 1)))
              .mapToObj(commandLine::get);
      return Stream.concat(attached, next);
    }

    private static List<String> withoutOption(String option, List<String> words) {
      List<String> kept = new ArrayList<>();
      boolean isValue = false;
      for (String word : words) {
        if (!isValue && !word.equals(option) && !word.startsWith(option + "=")) {
          kept.add(word);
        }
        isValue = !isValue && word.equals(option);
      }
      return kept;
    }

    private boolean isGiven(String option) {
      return commandLine.stream()
          .anyMatch(word -> word.equals(option) || word.startsWith(option + "="));
    }

    private static String shell(List<String> words) {
      return words.stream().map(TerminalText::shellWord).collect(Collectors.joining(" "));
    }
  }
}
