package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.report.CallTimeline;
import io.fleetstop.cli.report.HtmlReportWriter;
import io.fleetstop.cli.report.ReportSummary;
import io.fleetstop.cli.report.ReportSummary.Exit;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.fleet.CreatedFile;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.TrustedDirectory;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.observe.CallListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.ObjectNode;

/** The report of a run, if {@code --report} is given. */
public final class RunReport implements AutoCloseable {

  private final StopArguments options;
  private final Terminal terminal;
  private final boolean starts;
  private final @Nullable HtmlReportWriter file;
  private final CallTimeline calls;
  private Instant started = now();
  private @Nullable Instant begun;
  private boolean written;

  private RunReport(
      StopArguments options,
      Terminal terminal,
      boolean starts,
      @Nullable HtmlReportWriter file,
      CallTimeline calls) {
    this.options = options;
    this.terminal = terminal;
    this.starts = starts;
    this.file = file;
    this.calls = calls;
  }

  /**
   * Starts the report.
   *
   * @throws CommandFailure if it cannot be written
   */
  public static RunReport begin(StopArguments options, RunLimits pace, Terminal terminal) {
    Path path = options.output.report;
    Path journal = options.safety.journal;
    CallTimeline calls = new CallTimeline(pace.action(), pace.stops()::rate, Schedulers.parallel());
    return new RunReport(
        options,
        terminal,
        pace.action().equals(RunLimits.START),
        path == null ? null : opened(path, journal),
        calls);
  }

  /**
   * Starts a report in a file.
   *
   * @param journal the journal of the run, or {@code null} if it has none
   * @throws CommandFailure if the report cannot be written
   */
  static HtmlReportWriter opened(Path path, @Nullable Path journal) {
    if (journal != null && isSame(path, journal)) {
      throw CommandFailure.usage("--report and --journal name the same file; name two files");
    }
    try {
      Path place = path.toAbsolutePath();
      Path directory = place.getParent();
      if (directory != null && Files.isDirectory(directory)) {
        place = TrustedDirectory.resolve(directory).resolve(place.getFileName());
      }
      return HtmlReportWriter.open(
          place,
          CreatedFile.ownerOnly(place),
          (channel, part) -> CreatedFile.of(channel, part)::requireUnchanged);
    } catch (IOException e) {
      throw CommandFailure.usage("--report: " + path + " cannot be written: " + e.getMessage());
    }
  }

  private static boolean isSame(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  /** Returns the listener of the calls. */
  public CallListener listener() {
    return file == null ? CallListener.NONE : calls;
  }

  /** Asks who acts, while there is time: the report names the account. */
  public void requestIdentity(ServiceTarget target) {
    if (file != null) {
      target.requestIdentity();
    }
  }

  /** Marks the start of the run. */
  public void start() {
    started = now();
    calls.restart();
  }

  /**
   * Reports what earlier processes of the run did, so that counts and report are of the whole run.
   *
   * @param history the run so far, or {@code null} for a new one
   * @param isDone whether this process does not report the instance
   */
  public void continueFrom(
      @Nullable JournaledRun history, Predicate<OutcomeJson> isDone, ConsoleReporter reporter) {
    if (history == null) {
      return;
    }
    begun = history.begun();
    history.outcomes().stream()
        .filter(isDone)
        .forEach(outcome -> reporter.reportBefore(OutcomeLine.of(outcome)));
  }

  public void add(OutcomeLine outcome, InstanceLabel label) {
    if (file == null) {
      return;
    }
    ObjectNode shown = outcome.toJson();
    putIfKnown(shown, "name", label.name());
    putIfKnown(shown, "zone", label.zone());
    putIfKnown(shown, "tags", label.tags());
    file.add(shown);
  }

  private static void putIfKnown(ObjectNode outcome, String field, String text) {
    if (!text.isEmpty()) {
      outcome.put(field, text);
    }
  }

  /**
   * Completes the report. A report that cannot be written does not change the exit code, which is
   * about the instances.
   */
  public void conclude(
      ExitCode exitCode,
      OutcomeCounts tally,
      Summary summary,
      ServiceTarget target,
      @Nullable String doneBefore) {
    if (file != null) {
      conclude(
          exitCode, tally, summary, account(target.knownIdentity()), target.region(), doneBefore);
    }
  }

  /**
   * As {@link #conclude(ExitCode, OutcomeCounts, Summary, ServiceTarget, String)}, for several
   * targets.
   *
   * @param account who acts, or {@code null} if it is not known
   * @param region the regions
   */
  public void conclude(
      ExitCode exitCode,
      OutcomeCounts tally,
      Summary summary,
      @Nullable String account,
      String region,
      @Nullable String doneBefore) {
    if (file == null) {
      return;
    }
    try {
      file.finish(
          new ReportSummary(
              new VersionText().getVersion()[0],
              summary.resumeHint().runId(),
              account,
              region,
              mode(),
              begun,
              started,
              now(),
              tally.elapsed().toMillis(),
              tally.instances(),
              tally.before(),
              ReportTables.outcomes(tally),
              ReportTables.errors(tally),
              new Exit(
                  exitCode.number(),
                  exitCode.name(),
                  ReportTables.meaning(exitCode),
                  summary.endedBy(),
                  Summary.isUnfinished(exitCode) ? summary.resumeHint().shownCommand() : null),
              summary.calls().toString(),
              ranBy(terminal),
              summary.resumeHint().given(),
              doneBefore),
          calls);
      written = true;
    } catch (IOException e) {
      printFailure(terminal, options.output.report, e);
    }
  }

  /** Returns the file of the complete report, or {@code null} if there is none. */
  public @Nullable Path written() {
    return written ? options.output.report : null;
  }

  /**
   * Completes the report of a run that was not started, because its instances could not be
   * described. A rejected command line has no report.
   */
  public void concludeUnbegun(
      CommandFailure failure,
      OutcomeCounts counts,
      Summary summary,
      ServiceTarget target,
      @Nullable String doneBefore) {
    if (failure.exitCode() != ExitCode.USAGE) {
      conclude(failure.exitCode(), counts, summary, target, doneBefore);
    }
  }

  /**
   * As {@link #concludeUnbegun(CommandFailure, OutcomeCounts, Summary, ServiceTarget, String)}, for
   * several targets.
   */
  public void concludeUnbegun(CommandFailure failure, Summary summary, String region) {
    if (failure.exitCode() != ExitCode.USAGE) {
      conclude(failure.exitCode(), new OutcomeCounts(0), summary, null, region, null);
    }
  }

  private List<String> mode() {
    List<String> mode = new ArrayList<>();
    String goal = starts ? "RUNNING" : "STOPPED";
    mode.add(
        starts
            ? "start"
            : Objects.requireNonNullElse(options.how.stoppedMode, StoppedMode.KEEP_CHARGING)
                .wireName());
    if (options.how.force) {
      mode.add("force");
    }
    if (options.how.dryRun) {
      mode.add("dry run");
    } else {
      mode.add(options.waiting.noWait ? "not waited for " + goal : "waited for " + goal);
    }
    if (options.where.isSimulated()) {
      mode.add("simulated");
    }
    return mode;
  }

  private static @Nullable String account(@Nullable CallerIdentity identity) {
    return identity == null ? null : identity.accountId() + ", as " + identity.name();
  }

  static @Nullable String ranBy(Terminal terminal) {
    String user = System.getProperty("user.name");
    String host = terminal.env("HOSTNAME");
    return user == null || host == null ? user : user + " on " + host;
  }

  private static Instant now() {
    return Instant.ofEpochMilli(Schedulers.parallel().now(TimeUnit.MILLISECONDS));
  }

  /** Prints that a report was not written, which does not change the exit code. */
  static void printFailure(Terminal terminal, @Nullable Path report, IOException e) {
    Progress.NONE.print(
        terminal.err(),
        "fleetstop: the report "
            + TerminalText.escape(String.valueOf(report))
            + " was not written: "
            + TerminalText.escape(String.valueOf(e.getMessage())));
  }

  /** Closes the file of a report, if there is one. */
  static void close(@Nullable HtmlReportWriter file) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // Only an unnamed temporary file is left.
        return;
      }
    }
  }

  @Override
  public void close() {
    close(file);
  }
}
