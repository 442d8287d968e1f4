package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.report.CallTimeline;
import io.fleetstop.cli.report.HtmlReportWriter;
import io.fleetstop.cli.report.ReportSummary;
import io.fleetstop.cli.report.ReportSummary.Exit;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.redis.SharedRunParameters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * The report of a shared run, if {@code --report} is given: of the whole run if Redis knows it,
 * else of what this machine did.
 */
public final class SharedReport implements AutoCloseable {

  private final StopArguments options;
  private final Terminal terminal;
  private final @Nullable HtmlReportWriter file;
  private final Map<String, OutcomeLine> here = new ConcurrentHashMap<>();

  private SharedReport(StopArguments options, Terminal terminal, @Nullable HtmlReportWriter file) {
    this.options = options;
    this.terminal = terminal;
    this.file = file;
  }

  /**
   * Starts the report.
   *
   * @throws CommandFailure if it cannot be written
   */
  public static SharedReport begin(StopArguments options, Terminal terminal) {
    Path path = options.output.report;
    return new SharedReport(options, terminal, path == null ? null : RunReport.opened(path, null));
  }

  /** Whether the report is asked for. */
  public boolean isWanted() {
    return file != null;
  }

  /** Keeps an outcome of this machine, which Redis may lose. */
  public void add(OutcomeLine outcome) {
    if (file != null) {
      here.put(outcome.instanceId(), outcome);
    }
  }

  /** Returns the outcomes of this machine, if the report is asked for. */
  public Collection<OutcomeLine> here() {
    return here.values();
  }

  /**
   * Completes the report, with what in Redis contradicts this machine. A report that cannot be
   * written does not change the exit code, which is about the instances.
   *
   * @return the file of the report, or {@code null} if none was written
   */
  public @Nullable Path conclude(
      SharedEnd end,
      List<OutcomeLine> outcomes,
      List<String> contradictions,
      SharedRunParameters parameters,
      ExitCode exitCode,
      OutcomeCounts counts,
      Summary summary) {
    if (file == null) {
      return null;
    }
    outcomes.forEach(outcome -> file.add(outcome.toJson()));
    CallTimeline none = new CallTimeline(RunLimits.SINGLE, () -> Double.NaN, Schedulers.parallel());
    try {
      long unlisted = counts.done() - outcomes.size();
      String remark = remark(unlisted, contradictions);
      file.finish(summary(end, remark, parameters, exitCode, counts, summary), none);
      return options.output.report;
    } catch (IOException e) {
      RunReport.printFailure(terminal, options.output.report, e);
      return null;
    }
  }

  private static @Nullable String remark(long unlisted, List<String> contradictions) {
    List<String> remarks = new ArrayList<>(contradictions);
    if (unlisted > 0) {
      remarks.add(
          TerminalText.count(unlisted)
              + " outcomes of other machines are counted and not listed: they were in Redis");
    }
    return remarks.isEmpty() ? null : String.join(". ", remarks);
  }

  private ReportSummary summary(
      SharedEnd end,
      @Nullable String remark,
      SharedRunParameters parameters,
      ExitCode exitCode,
      OutcomeCounts counts,
      Summary summary)
      throws IOException {
    Instant ended = Instant.ofEpochMilli(Schedulers.parallel().now(TimeUnit.MILLISECONDS));
    Instant started = ended.minus(counts.elapsed());
    JournaledRun run = end.run();
    if (run != null) {
      started = Objects.requireNonNullElse(run.begun(), started);
      ended = Objects.requireNonNullElse(run.lastEntry(), ended);
    }
    String region = Objects.requireNonNullElse(parameters.scope(), "not recorded");
    return new ReportSummary(
        new VersionText().getVersion()[0],
        summary.resumeHint().runId(),
        null,
        region,
        mode(parameters),
        null,
        started,
        ended,
        Math.max(0, Duration.between(started, ended).toMillis()),
        counts.instances(),
        0,
        ReportTables.outcomes(counts),
        ReportTables.errors(counts),
        new Exit(
            exitCode.number(),
            exitCode.name(),
            meaning(end, exitCode),
            summary.endedBy(),
            end.command(summary.resumeHint(), options.rate.redis)),
        summary.calls().toString(),
        RunReport.ranBy(terminal),
        summary.resumeHint().given(),
        remark);
  }

  private static String meaning(SharedEnd end, ExitCode exitCode) {
    return switch (end.redis()) {
      case KNOWS_THE_RUN -> ReportTables.meaning(exitCode);
      case HAS_DAMAGED_THE_RUN ->
          end.run() == null
              ? "The run in Redis is damaged: this report lists what this machine has done"
              : "The run in Redis is damaged: this report lists the outcomes that were recorded";
      case HAS_LOST_THE_RUN ->
          "Redis has lost the run: this report lists what this machine has done";
      case DOES_NOT_ANSWER -> "Redis does not answer: this report lists what this machine has done";
    };
  }

  private static List<String> mode(SharedRunParameters parameters) {
    List<String> mode = new ArrayList<>();
    mode.add(parameters.stoppedMode().wireName());
    if (parameters.forceStop()) {
      mode.add("force");
    }
    mode.add(
        parameters.dryRun()
            ? "dry run"
            : parameters.awaitStopped() ? "waited for STOPPED" : "not waited for STOPPED");
    mode.add("shared by machines");
    return mode;
  }

  @Override
  public void close() {
    RunReport.close(file);
  }
}
