package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.RedisUrl;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.ClientSettings;
import io.fleetstop.cli.run.NotifyCommand;
import io.fleetstop.cli.run.OutcomeLoop;
import io.fleetstop.cli.run.OutcomeLoop.Interruption;
import io.fleetstop.cli.run.RunHandle;
import io.fleetstop.cli.run.RunJournal;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.run.SharedEnd;
import io.fleetstop.cli.run.SharedFleet;
import io.fleetstop.cli.run.SharedParameters;
import io.fleetstop.cli.run.SharedRates;
import io.fleetstop.cli.run.SharedReport;
import io.fleetstop.cli.run.SharedRunText;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.FleetSelector;
import io.fleetstop.cli.select.SelectedInstances;
import io.fleetstop.cli.select.SelectionDigest;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.cli.select.SharedExclusions;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import io.fleetstop.observe.CallListener;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRun;
import io.fleetstop.redis.SharedRunParameters;
import io.fleetstop.redis.SharedRunStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * {@code fleetstop stop --redis}: this machine's part in a run that several machines share. The
 * first one selects, confirms and loads the instances; each of them takes from these.
 */
final class SharedStop {

  private static final Duration COUNT_PERIOD = Duration.ofMillis(250);
  private static final int ID_WIDTH = 22;

  private final StopArguments options;
  private final Terminal terminal;
  private final List<String> commandLine;
  private final String runId;

  SharedStop(StopArguments options, Terminal terminal, List<String> commandLine) {
    this.options = options;
    this.terminal = terminal;
    this.commandLine = commandLine;
    this.runId = Objects.requireNonNull(options.safety.runId, "a shared run has an id");
  }

  ExitCode stop(RedisUrl url) {
    rejectConflicts(url.source());
    boolean selecting = SelectionDigest.isSelecting(options);
    FleetSelector choice = selecting ? FleetSelector.of(options, terminal) : null;
    try (SharedRates rates = SharedRates.open(options, terminal)) {
      return stop(url, choice, RunLimits.of(options, rates.limiters()));
    }
  }

  private ExitCode stop(RedisUrl url, @Nullable FleetSelector choice, RunLimits pace) {
    ShutdownOptions asked = StopConfig.shutdown(options, pace.maxInFlight());
    try (Interruption interruption = new Interruption(terminal);
        SharedReport report = SharedReport.begin(options, terminal);
        SharedFleet shared = SharedFleet.open(url, runId);
        ServiceTarget target = ServiceTarget.find(options.where, terminal)) {
      shared.announce(terminal);
      target.requestIdentity();
      RequestStats calls = new RequestStats(CallListener.NONE);
      EcsClient client =
          target.connect(ClientSettings.builder(options.retries, pace).listener(calls));
      ShutdownOptions shutdown =
          SharedExclusions.apply(
              asked.mutate().scope(target.scope()).build(), options, choice, terminal);
      SharedRunStatus status = SharedFleet.await(shared.fleet().find());
      if (status != null) {
        requireUnfinished(status, choice);
        requireSame(status, shutdown, choice, target);
      }
      if (status == null || (choice != null && status.state() == SharedRunStatus.State.LOADING)) {
        load(shared.fleet(), client, shutdown, choice, target, url);
        status = SharedFleet.await(shared.fleet().find());
        requireSame(require(status), shutdown, choice, target);
      }
      SharedRunStatus joined = require(status);
      // What this machine has selected is not always what another one has loaded in the meantime.
      SharedExclusions.requireFewEnough(options, joined.total());
      SharedRun run = shared.fleet().join(client, shutdown, joined.parameters());
      return work(shared.fleet(), run, joined, interruption, pace, calls, target, report);
    }
  }

  private void rejectConflicts(String redis) {
    CommandFailure.reject(redis, true, "--simulate", options.where.isSimulated());
    CommandFailure.reject(redis, true, "--plan", options.how.plan);
    CommandFailure.reject(redis, true, "--interactive", options.output.interactive);
    CommandFailure.reject(redis, true, "--confirm-waves", options.safety.confirmWaves);
    CommandFailure.reject(
        redis, true, "--batch", options.rate.batch != null && options.rate.batch > 1);
    if (options.safety.resume) {
      throw CommandFailure.usage(
          redis
              + " and --resume exclude each other: the same command without --resume, or with"
              + " --run-id alone, joins the run again");
    }
  }

  private SharedRunStatus require(@Nullable SharedRunStatus status) {
    if (status == null) {
      throw CommandFailure.usage(
          "the run " + TerminalText.escape(runId) + " was deleted from Redis in the meantime");
    }
    return status;
  }

  /** Yesterday's id with today's instances would stop nothing, and look like a success. */
  private static void requireUnfinished(SharedRunStatus status, @Nullable FleetSelector choice) {
    if (choice != null && status.isDone()) {
      throw CommandFailure.usage(
          SharedRunText.finished(status)
              + "; nothing was stopped now. Name a new --run-id to stop instances, or leave ids and"
              + " filters out to get its result");
    }
  }

  private void requireSame(
      SharedRunStatus status,
      ShutdownOptions shutdown,
      @Nullable FleetSelector choice,
      ServiceTarget target) {
    SharedRunParameters run = status.parameters();
    requireSameWaves(run);
    SharedParameters parameters = new SharedParameters(options, shutdown, target);
    String difference =
        run.difference(
            choice == null
                ? parameters.joining(run)
                : parameters.selecting(
                    Waves.none(), Duration.ZERO, SelectionDigest.of(options, choice)));
    if (difference != null) {
      throw CommandFailure.usage(
          "the run "
              + TerminalText.escape(runId)
              + " exists with "
              + difference
              + "; nothing was stopped. Give the same options, join it with --redis and --run-id"
              + " alone, or choose another --run-id");
    }
  }

  private void requireSameWaves(SharedRunParameters run) {
    Waves given = options.safety.waves;
    if (given == null || written(given).equals(run.waveSizes())) {
      return;
    }
    throw CommandFailure.usage(
        "the run "
            + TerminalText.escape(runId)
            + " has "
            + (run.waveSizes().isEmpty() ? "no waves" : "the waves " + run.waveSizes())
            + ", which --wave "
            + written(given)
            + " cannot change; nothing was stopped. Leave --wave out to join it"
            + (run.beyondWaves() == 0
                ? ""
                : ", or stop the "
                    + TerminalText.instances(run.beyondWaves())
                    + " beyond its last wave by a run of another --run-id"));
  }

  private static String written(Waves sizes) {
    return sizes.toString().replace(".0%", "%");
  }

  private void load(
      RedisFleet fleet,
      EcsClient client,
      ShutdownOptions shutdown,
      @Nullable FleetSelector choice,
      ServiceTarget target,
      RedisUrl url) {
    if (choice == null) {
      throw CommandFailure.usage(
          "Redis has no run "
              + TerminalText.escape(runId)
              + "; start it with ids, --ids-file or filters, or check "
              + url.source()
              + " and --run-id");
    }
    RunJournal none = new RunJournal(options.safety);
    SelectedInstances selected;
    try {
      selected = choice.find(client, none, target, this::note);
    } catch (CommandFailure failure) {
      new NotifyCommand(options, terminal)
          .run(
              failure.exitCode(),
              new OutcomeCounts(0),
              new ResumeHint(commandLine, runId),
              target.region(),
              failure.getMessage(),
              null);
      throw failure;
    }
    WaveControl waves = new WaveControl(options.safety, selected.ids().size(), terminal);
    List<InstanceId> reached = List.copyOf(waves.reached(selected.ids()));
    waves.list().forEach(this::note);
    choice.protectionNotes(selected).forEach(this::note);
    choice.confirm(selected, shutdown, target, reached.size(), none);
    note(selected.skippedText());
    SharedRunParameters parameters =
        new SharedParameters(options, shutdown, target)
            .selecting(
                waves.waves(),
                Objects.requireNonNullElse(options.safety.wavePause, Duration.ZERO),
                SelectionDigest.of(options, choice));
    if (options.safety.waves != null) {
      parameters = parameters.cutBy(written(options.safety.waves), waves.left());
    }
    SharedFleet.await(fleet.load(parameters, reached));
  }

  private ExitCode work(
      RedisFleet fleet,
      SharedRun run,
      SharedRunStatus joined,
      Interruption interruption,
      RunLimits pace,
      RequestStats calls,
      ServiceTarget target,
      SharedReport report) {
    ResumeHint resumeHint = new ResumeHint(commandLine, runId);
    OutcomeCounts counts = new OutcomeCounts(joined.total(), joined.done());
    ConsoleReporter reporter =
        new ConsoleReporter(
            terminal,
            options.output,
            counts,
            ID_WIDTH,
            false,
            SharedRunText.pace(pace, calls, run, counts),
            outcome -> InstanceLabel.UNKNOWN,
            report::add,
            Schedulers.boundedElastic());
    counts.showRun(joined.outcomes());
    WaveControl noWaves = new WaveControl(new StopArguments.Safety(), joined.total(), terminal);
    OutcomeLoop loop = new OutcomeLoop(RunHandle.of(fleet, run), reporter, noWaves, resumeHint);
    interruption.replaceAction(loop::interrupt);
    reporter.info(
        joined.isDone()
            ? "Nothing is left to stop: " + SharedRunText.finished(joined)
            : "Run "
                + TerminalText.escape(runId)
                + ": "
                + TerminalText.instances(joined.total())
                + ", "
                + TerminalText.count(joined.done())
                + " done. Other machines join with the same command, or with --redis and --run-id");
    Disposable counting =
        Flux.interval(COUNT_PERIOD, Schedulers.parallel())
            .onBackpressureDrop()
            .subscribe(tick -> show(run.status(), counts));
    ExitCode exitCode;
    try {
      exitCode = loop.stop();
    } finally {
      counting.dispose();
    }
    interruption.replaceAction(() -> {});
    SharedEnd end = SharedEnd.of(fleet, joined, report.isWanted() || !run.left().isEmpty());
    List<OutcomeLine> outcomes = end.outcomes(report.here(), run.left());
    end.show(counts, outcomes);
    SharedRunStatus last = end.status();
    String endedBy = loop.endedBy();
    if (endedBy == null && exitCode != ExitCode.INTERRUPTED && last != null) {
      exitCode = exitCode(last, counts);
      endedBy = last.isDone() ? null : endOf(last);
    }
    boolean complete = last == null && exitCode == ExitCode.SUCCESS;
    List<String> advice = complete ? List.of() : end.advice(resumeHint, options.rate.redis);
    Summary summary = new Summary(calls, resumeHint, endedBy, advice);
    reporter.summarize(exitCode, summary.lines(exitCode, counts));
    List<String> contradictions = end.contradictions(report.here(), run.left());
    contradictions.forEach(this::warn);
    note(SharedRunText.beyondWaves(joined.parameters()));
    Path written =
        report.conclude(
            end, outcomes, contradictions, joined.parameters(), exitCode, counts, summary);
    new NotifyCommand(options, terminal)
        .run(exitCode, counts, resumeHint, target.region(), endedBy, written);
    return exitCode;
  }

  private static void show(@Nullable SharedRunStatus status, OutcomeCounts counts) {
    if (status != null) {
      counts.showRun(status.outcomes());
    }
  }

  private static ExitCode exitCode(SharedRunStatus run, OutcomeCounts counts) {
    if (!run.isDone()) {
      return run.state() == SharedRunStatus.State.DRAINING
          ? ExitCode.INTERRUPTED
          : ExitCode.INSTANCES_FAILED;
    }
    return counts.allSucceeded() ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
  }

  private static String endOf(SharedRunStatus run) {
    return run.state() == SharedRunStatus.State.DRAINING
        ? "the run was drained"
        : "this machine ended before the run";
  }

  private void warn(String text) {
    note("warning: " + text);
  }

  private void note(@Nullable String text) {
    if (text != null && !options.output.quiet) {
      Progress.NONE.print(terminal.err(), text);
    }
  }
}
