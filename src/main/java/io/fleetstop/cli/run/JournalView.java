package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeFormat;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.report.CallTimeline;
import io.fleetstop.cli.report.HtmlReportWriter;
import io.fleetstop.cli.report.ReportSummary;
import io.fleetstop.cli.report.ReportSummary.Exit;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Target;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRunStatus;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/** Shows the run of a journal, whether it is active, has ended or was killed. */
public final class JournalView {

  private static final int MAX_ID_WIDTH = 60;

  private final @Nullable Path file;
  private final String state;
  private final JournaledRun run;
  private final List<OutcomeLine> outcomes = new ArrayList<>();
  private final OutcomeCounts counts;

  private JournalView(@Nullable Path file, String state, JournaledRun run) {
    this.file = file;
    this.state = state;
    this.run = run;
    String open =
        run.isActive()
            ? "a call is about to be sent or was sent; the run is active"
            : "a call may have been sent, and the run ended before its outcome; resume the run";
    run.outcomes().forEach(outcome -> outcomes.add(OutcomeLine.of(outcome)));
    if (run.targets().isEmpty()) {
      run.open().forEach(id -> outcomes.add(OutcomeLine.open(id, open)));
    }
    for (Target target : run.targets()) {
      run.open(target).forEach(id -> outcomes.add(OutcomeLine.open(id, open).in(target)));
    }
    this.counts = new OutcomeCounts(outcomes.size());
    outcomes.forEach(counts::count);
  }

  /**
   * Reads a journal.
   *
   * @throws CommandFailure if it cannot be read
   */
  public static JournalView read(Path file) {
    try {
      JournaledRun run = Objects.requireNonNull(JournaledRun.read(file).block());
      String inactive =
          "The run is not active. If it ended early, resume it with the command that began it, with "
              + (run.operation() == Operation.START ? "--start-journal " : "--journal ")
              + TerminalText.escape(TerminalText.shellWord(file.toString()))
              + " --resume";
      return new JournalView(
          file, run.isActive() ? "The run is active in another process" : inactive, run);
    } catch (EcsException e) {
      throw CommandFailure.usage(e.detail());
    }
  }

  /**
   * Reads a run that processes share.
   *
   * @throws CommandFailure if it does not exist, or Redis does not answer
   */
  public static JournalView read(RedisFleet fleet) {
    JournaledRun run = Objects.requireNonNull(SharedFleet.await(fleet.read()));
    SharedRunStatus status = SharedFleet.await(fleet.find());
    if (status == null) {
      throw CommandFailure.usage("the run was deleted from Redis in the meantime");
    }
    String surplus = SharedRunText.surplus(SharedFleet.await(fleet.surplus()), status.total());
    return new JournalView(
        null, SharedRunText.ended(status) + (surplus == null ? "" : ". " + surplus), run);
  }

  /** Returns the exit code for the instances in the journal. */
  public ExitCode exitCode() {
    return counts.allSucceeded() ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
  }

  /** Returns the lines of the summary. */
  public List<String> summary() {
    List<String> lines = new ArrayList<>();
    lines.add("Run " + TerminalText.escape(run.runId()) + ": " + String.join(", ", mode()));
    Instant begun = run.begun();
    Instant last = run.lastEntry();
    if (begun != null && last != null) {
      lines.add(
          "Begun "
              + shown(begun)
              + ", last entry "
              + shown(last)
              + ", "
              + TerminalText.time(Duration.between(begun, last))
              + " later");
    }
    lines.add(
        (outcomes.size() == 1 ? "1 instance" : TerminalText.count(outcomes.size()) + " instances")
            + (file == null ? " in the run" : " in the journal")
            + (outcomes.isEmpty() ? "" : ": " + Summary.outcomes(counts))
            + (run.open().isEmpty()
                ? ""
                : " (" + TerminalText.count(run.open().size()) + " of them without an outcome)"));
    lines.addAll(Summary.errors(counts));
    lines.add(state);
    if (file != null && isUndoable()) {
      lines.add(
          "Start what it has stopped with: fleetstop start --journal "
              + TerminalText.escape(TerminalText.shellWord(file.toString())));
    }
    return lines;
  }

  private boolean isUndoable() {
    return run.operation() == Operation.STOP
        && !run.isActive()
        && counts.of(Kind.STOPPED) + counts.of(Kind.ACCEPTED) > 0;
  }

  private static String shown(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private List<String> mode() {
    List<String> mode = new ArrayList<>();
    if (run.scope() != null) {
      mode.add(TerminalText.escape(run.scope()));
    }
    mode.add(run.operation() == Operation.START ? "start" : run.stoppedMode());
    if (run.isForceStop()) {
      mode.add("force");
    }
    if (run.isDryRun()) {
      mode.add("dry run");
    }
    return mode;
  }

  /**
   * Prints the outcomes.
   *
   * @return whether the reader took them all
   */
  public boolean print(OutputFormat form, PrintStream out) {
    int width =
        outcomes.stream()
            .mapToInt(outcome -> Math.min(MAX_ID_WIDTH, TerminalText.columns(outcome.shownId())))
            .max()
            .orElse(0);
    OutcomeFormat format = new OutcomeFormat(form, width, !run.targets().isEmpty());
    boolean taken = print(format.header(), out);
    for (OutcomeLine outcome : outcomes) {
      taken = taken && print(format.line(outcome, InstanceLabel.UNKNOWN), out);
    }
    out.flush();
    return taken && !out.checkError();
  }

  private static boolean print(@Nullable String line, PrintStream out) {
    if (line != null) {
      out.print(line + "\n");
    }
    return !out.checkError();
  }

  /**
   * Writes the report.
   *
   * @throws CommandFailure if it cannot be written
   */
  public void writeReport(Path path) {
    CallTimeline none = new CallTimeline(RunLimits.SINGLE, () -> Double.NaN, Schedulers.parallel());
    try (HtmlReportWriter report = RunReport.opened(path, file)) {
      outcomes.forEach(outcome -> report.add(outcome.toJson()));
      report.finish(reported(), none);
    } catch (IOException e) {
      throw CommandFailure.usage("--report: " + path + " was not written: " + e.getMessage());
    }
  }

  private ReportSummary reported() throws IOException {
    Instant begun = Objects.requireNonNullElse(run.begun(), Instant.EPOCH);
    Instant last = Objects.requireNonNullElse(run.lastEntry(), begun);
    ExitCode exitCode = exitCode();
    return new ReportSummary(
        new VersionText().getVersion()[0],
        run.runId(),
        null,
        Objects.requireNonNullElse(run.scope(), "not recorded"),
        mode(),
        null,
        begun,
        last,
        Duration.between(begun, last).toMillis(),
        outcomes.size(),
        0,
        ReportTables.outcomes(counts),
        ReportTables.errors(counts),
        new Exit(
            exitCode.number(),
            exitCode.name(),
            run.isActive()
                ? "The run is active: this is its journal up to now"
                : "From the journal of the run",
            null,
            null),
        null,
        null,
        null,
        null);
  }
}
