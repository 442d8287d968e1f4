package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.report.CallTimeline;
import io.fleetstop.cli.report.HtmlReportWriter;
import io.fleetstop.cli.report.ReportSummary;
import io.fleetstop.cli.report.ReportSummary.ErrorCount;
import io.fleetstop.cli.report.ReportSummary.Exit;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.CreatedFile;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.TrustedDirectory;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.observe.CallListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.ObjectNode;

/** The report of a run, if {@code --report} is given. */
public final class RunReport implements AutoCloseable {

  private final StopArguments options;
  private final Terminal terminal;
  private final @Nullable HtmlReportWriter file;
  private final CallTimeline calls;
  private Instant started = now();

  private RunReport(
      StopArguments options,
      Terminal terminal,
      @Nullable HtmlReportWriter file,
      CallTimeline calls) {
    this.options = options;
    this.terminal = terminal;
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
    if (path != null && journal != null && isSame(path, journal)) {
      throw CommandFailure.usage("--report and --journal name the same file; name two files");
    }
    CallTimeline calls =
        new CallTimeline(RunLimits.STOP, pace.stops()::rate, Schedulers.parallel());
    try {
      HtmlReportWriter file = path == null ? null : opened(path);
      return new RunReport(options, terminal, file, calls);
    } catch (IOException e) {
      throw CommandFailure.usage("--report: " + path + " cannot be written: " + e.getMessage());
    }
  }

  private static HtmlReportWriter opened(Path path) throws IOException {
    Path place = path.toAbsolutePath();
    Path directory = place.getParent();
    if (directory != null && Files.isDirectory(directory)) {
      place = TrustedDirectory.resolve(directory).resolve(place.getFileName());
    }
    return HtmlReportWriter.open(
        place, (channel, part) -> CreatedFile.of(channel, part)::requireUnchanged);
  }

  private static boolean isSame(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  /** Returns the listener of the calls. */
  public CallListener listener() {
    return file == null ? CallListener.NONE : calls;
  }

  /** Marks the start of the run. */
  public void start() {
    started = now();
    calls.restart();
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
              region,
              mode(),
              started,
              now(),
              tally.elapsed().toMillis(),
              tally.instances(),
              outcomes(tally),
              errors(tally),
              new Exit(
                  exitCode.number(),
                  exitCode.name(),
                  meaning(exitCode),
                  summary.endedBy(),
                  Summary.isUnfinished(exitCode) ? summary.resumeHint().shownCommand() : null),
              summary.calls().toString(),
              ranBy(),
              summary.resumeHint().given(),
              doneBefore),
          calls);
    } catch (IOException e) {
      Progress.NONE.print(
          terminal.err(),
          "fleetstop: the report "
              + TerminalText.escape(String.valueOf(options.output.report))
              + " was not written: "
              + TerminalText.escape(String.valueOf(e.getMessage())));
    }
  }

  /**
   * Completes the report of a run that was not started, because its instances could not be
   * described. A rejected command line has no report.
   */
  public void concludeUnbegun(
      CommandFailure failure,
      OutcomeCounts counts,
      Summary summary,
      String region,
      @Nullable String doneBefore) {
    if (failure.exitCode() != ExitCode.USAGE) {
      conclude(failure.exitCode(), counts, summary, region, doneBefore);
    }
  }

  private List<String> mode() {
    List<String> mode = new ArrayList<>();
    mode.add(
        Objects.requireNonNullElse(options.how.stoppedMode, StoppedMode.KEEP_CHARGING).wireName());
    if (options.how.force) {
      mode.add("force");
    }
    if (options.how.dryRun) {
      mode.add("dry run");
    } else {
      mode.add(options.waiting.noWait ? "not waited for STOPPED" : "waited for STOPPED");
    }
    if (options.where.isSimulated()) {
      mode.add("simulated");
    }
    return mode;
  }

  private static Map<String, Long> outcomes(OutcomeCounts tally) {
    Map<String, Long> outcomes = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      if (tally.of(kind) > 0) {
        outcomes.put(kind.name(), tally.of(kind));
      }
    }
    return outcomes;
  }

  private static List<ErrorCount> errors(OutcomeCounts tally) {
    List<ErrorCount> errors = new ArrayList<>();
    tally
        .errorCodes()
        .forEach(
            (code, count) -> {
              ErrorCode known = known(code);
              errors.add(
                  known == null
                      ? new ErrorCount(code, null, count, null)
                      : new ErrorCount(code, known.meaning(), count, advice(known.category())));
            });
    errors.sort((one, other) -> Long.compare(other.count(), one.count()));
    return errors;
  }

  private static @Nullable ErrorCode known(String code) {
    return ErrorCatalogue.entries().stream()
        .filter(entry -> entry.code().equals(code))
        .findFirst()
        .orElse(null);
  }

  /** Returns what a person should do about instances that an error decided. */
  static String advice(Category category) {
    return switch (category) {
      case THROTTLED, SERVER, IN_PROGRESS, CLOCK ->
          "Run the command again for these instances: the cause passes by itself.";
      case BUSY ->
          "Wait until the other operation on the instance ends, then run the command again.";
      case CAPACITY -> "Run the command again later, or with --stopped-mode KeepCharging.";
      case STATE -> "Check the status in the console: the instance was not running.";
      case CONFLICT ->
          "Stop these instances in the console, or through the service that owns them.";
      case NOT_FOUND -> "Check the ids and the region: the instances may have been deleted.";
      case REQUEST -> "Correct the option that the message names, then run the command again.";
      case AUTH -> "Check the credentials, then resume the run.";
      case PERMISSION -> "Ask for the permission ecs:StopInstance, then run the command again.";
      case NETWORK -> "Check the connection to the service, then run the command again.";
      default -> "Check the instances in the console, then run the command again for them.";
    };
  }

  private @Nullable String ranBy() {
    String user = System.getProperty("user.name");
    String host = terminal.env("HOSTNAME");
    return user == null || host == null ? user : user + " on " + host;
  }

  private static String meaning(ExitCode exitCode) {
    return switch (exitCode) {
      case SUCCESS -> "Every instance is stopped or was skipped";
      case INSTANCES_FAILED ->
          "Some instances failed, are unconfirmed, could not be described, or have no outcome";
      case USAGE -> "The command line was wrong, nothing was sent";
      case FAILURE_LIMIT -> "Ended early: more instances failed than the run allows";
      case CONFIGURATION -> "Ended early: credentials or configuration are wrong";
      case INTERRUPTED -> "Interrupted: calls in flight have finished, no others were started";
    };
  }

  private static Instant now() {
    return Instant.ofEpochMilli(Schedulers.parallel().now(TimeUnit.MILLISECONDS));
  }

  @Override
  public void close() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // Only an unnamed temporary file is left.
        return;
      }
    }
  }
}
