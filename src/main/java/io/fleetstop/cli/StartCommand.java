package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StartArguments;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.run.AttendedRun;
import io.fleetstop.cli.run.ClientSettings;
import io.fleetstop.cli.run.NotifyCommand;
import io.fleetstop.cli.run.OutcomeLoop.Interruption;
import io.fleetstop.cli.run.RunHandle;
import io.fleetstop.cli.run.RunJournal;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.run.RunReport;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.cli.select.StartPlan;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import reactor.core.scheduler.Schedulers;

/**
 * {@code fleetstop start}: reads the journal of a stop run, describes its instances, asks if
 * required, and only then sends start calls.
 */
@Command(
    name = "start",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = StartCommand.DESCRIPTION,
    footer = {
      "",
      "Only instances that the run itself stopped are started: those that were stopped before stay "
          + "stopped, those that run already are ALREADY_RUNNING, and those that were changed "
          + "since are SKIPPED, unless --include-changed is given.",
      "",
      "A lack of capacity (Insufficient.InstanceCapacity) is retried slowly until --deadline, and "
          + "then FAILED: run the command again with --resume later, or change the type of the "
          + "instance.",
      "",
      "Exit codes: 0 every instance runs or was skipped; 1 some failed, are unconfirmed, or have "
          + "no outcome; 2 usage, nothing started; 3 too many failures; 4 credentials or "
          + "configuration; 130 interrupted.",
      "",
      "Examples:",
      "  fleetstop start --journal night.jsonl --plan",
      "  fleetstop start --journal night.jsonl",
      "  fleetstop start --journal night.jsonl --yes --wave 1%%,100%% --deadline 30m",
      "  fleetstop start --journal night.jsonl --yes --resume"
    })
final class StartCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Starts the instances that a stop run has stopped, and reports each outcome.";

  private final Terminal terminal;
  private final List<String> commandLine;
  private final StartNotes notes = new StartNotes();

  @Mixin private StartArguments options = new StartArguments();

  /**
   * A command.
   *
   * @param commandLine all words of the command line, for the resume command
   */
  StartCommand(Terminal terminal, List<String> commandLine) {
    this.terminal = terminal;
    this.commandLine = List.copyOf(commandLine);
  }

  @Override
  public Integer call() {
    StartConflicts.reject(options, terminal);
    options.where.targets = options.several.file;
    StopArguments shared = options.shared();
    Target of = StartConflicts.target(options);
    JournaledRun stopRun = StartConflicts.stopRun(options.stopJournal(), of);
    RunLimits pace = RunLimits.ofStart(shared);
    StartConflicts.requireSameStop(options, stopRun);
    if (of == null && !stopRun.targets().isEmpty()) {
      ShutdownOptions asked = startOptions(pace.maxInFlight());
      return new TargetsStart(options, terminal, commandLine, stopRun, asked).run();
    }
    StartConflicts.requireOneTarget(options);
    try (Interruption interruption = new Interruption(terminal, Operation.START);
        RunReport report = RunReport.begin(shared, pace, terminal);
        RunJournal journal = RunJournal.ofStart(options);
        ServiceTarget target = ServiceTarget.find(options.where, terminal)) {
      StartConflicts.requireScope(stopRun, of, target);
      report.requestIdentity(target);
      RequestStats calls = new RequestStats(report.listener());
      EcsClient client =
          target.connect(ClientSettings.builder(shared.retries, pace).listener(calls));
      ShutdownOptions start =
          journal.resume(
              startOptions(pace.maxInFlight())
                  .mutate()
                  .scope(StartConflicts.scope(target.scope(), stopRun))
                  .build());
      ResumeHint resumeHint =
          new ResumeHint(commandLine, Objects.requireNonNull(start.runId(), "it has one"));
      StartPlan plan;
      try {
        plan =
            StartPlan.of(
                stopRun,
                configured(FleetStart.builder(client).options(start), of).build(),
                target,
                start,
                journal);
      } catch (CommandFailure failure) {
        Summary nothing = new Summary(calls, resumeHint, failure.getMessage());
        OutcomeCounts counts = new OutcomeCounts(0);
        report.concludeUnbegun(failure, counts, nothing, target, journal.doneBefore());
        new NotifyCommand(shared, terminal)
            .run(
                failure.exitCode(),
                counts,
                resumeHint,
                target.region(),
                failure.getMessage(),
                report.written());
        throw failure;
      }
      StartConflicts.requireFewEnough(options, plan.ids().size());
      WaveControl waves = new WaveControl(shared.safety, plan.ids().size(), terminal);
      if (options.safety.plan) {
        PlanPrinter.print(terminal, options.output.format, plan, waves);
        return ExitCode.SUCCESS.number();
      }
      boolean asking = isAsking(plan);
      (!options.output.quiet || asking ? waves.list() : List.<String>of()).forEach(this::print);
      if (asking) {
        plan.confirm(terminal);
      }
      Set<InstanceId> reached = waves.reached(plan.ids());
      Set<InstanceId> started = Set.copyOf(reached);
      FleetStart fleet =
          journal.start(client, start, builder -> configured(builder, of).only(started::contains));
      report.start();
      RunHandle run = RunHandle.of(fleet.run(stopRun, waves.waves()));
      Set<InstanceId> reported = new LinkedHashSet<>(reached);
      plan.others().forEach(outcome -> reported.add(outcome.instanceId()));
      ConsoleReporter reporter =
          new ConsoleReporter(
              terminal,
              options.output,
              reported,
              pace.pace(calls, run),
              id -> InstanceLabel.UNKNOWN,
              outcome -> report.add(notes.noted(outcome), InstanceLabel.UNKNOWN),
              Schedulers.boundedElastic());
      report.continueFrom(
          journal.history(),
          outcome -> journal.isDone(InstanceId.of(outcome.instanceId())),
          reporter);
      note(journal.doneBefore());
      plan.others().forEach(outcome -> reporter.report(OutcomeLine.of(outcome)));
      AttendedRun.End end =
          new AttendedRun(terminal, options.output, interruption, run, reporter)
              .run(journal, waves, resumeHint, pace.adaptive(), pace::changeRate)
              .orCutShort(StartNotes.isCutShort(options.retries.runDeadline, reporter));
      Summary summary = new Summary(calls, resumeHint, end.endedBy());
      reporter.summarize(end.exitCode(), summary.lines(end.exitCode(), reporter.counts()));
      String capacity = notes.capacity(resumeHint);
      if (capacity != null) {
        print(capacity);
      }
      note(StartNotes.afterLastWave(waves.left(), end.exitCode(), resumeHint));
      report.conclude(end.exitCode(), reporter.counts(), summary, target, journal.doneBefore());
      new NotifyCommand(shared, terminal)
          .run(
              end.exitCode(),
              reporter.counts(),
              resumeHint,
              target.region(),
              end.endedBy(),
              report.written());
      return end.exitCode().number();
    }
  }

  private FleetStart.Builder configured(FleetStart.Builder builder, @Nullable Target of) {
    builder.includeChanged(options.runs.includeChanged);
    return of == null ? builder : builder.target(of);
  }

  private boolean isAsking(StartPlan plan) {
    return !options.safety.yes && !options.safety.dryRun && plan.ids().size() > 1;
  }

  private void print(String line) {
    Progress.NONE.print(terminal.err(), line);
  }

  private void note(@Nullable String text) {
    if (text != null && !options.output.quiet) {
      print(text);
    }
  }

  private ShutdownOptions startOptions(int maxInFlight) {
    ShutdownOptions.Builder builder =
        ShutdownOptions.builder()
            .operation(Operation.START)
            .maxInFlight(maxInFlight)
            .dryRun(options.safety.dryRun)
            .awaitStopped(!options.waiting.noWait);
    if (options.retries.deadline != null) {
      builder.busyTimeout(options.retries.deadline);
    }
    Duration waitTimeout = options.waiting.waitTimeout;
    if (waitTimeout != null) {
      builder.awaitOptions(wait -> wait.timeout(waitTimeout));
    }
    if (options.retries.runDeadline != null) {
      builder.runDeadline(options.retries.runDeadline);
    }
    if (options.safety.maxFailures != null) {
      builder.failureLimit(options.safety.maxFailures);
    }
    String runId = options.runs.runId;
    if (runId == null && options.runs.resume) {
      // The journal has it.
      return builder.build();
    }
    try {
      return builder.runId(runId == null ? UUID.randomUUID().toString() : runId).build();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--run-id: " + e.getMessage() + ", was \"" + runId + "\"");
    }
  }
}
