package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.RedisArguments;
import io.fleetstop.cli.options.RedisUrl;
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
import io.fleetstop.cli.run.SharedRates;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.FleetSelector;
import io.fleetstop.cli.select.SelectedInstances;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.cli.select.TargetArguments;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.IdSet;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * {@code fleetstop stop}: validates the arguments, resolves the target, asks if required, and only
 * then sends stop calls.
 */
@Command(
    name = "stop",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = StopCommand.DESCRIPTION,
    footer = {
      "",
      "With --interactive, type one of these commands and press Enter during the run: "
          + "pause (send no new calls), resume, rate N (stop calls per second; for the "
          + "adaptive rate, its upper bound), drain (send no new calls, and finish), help.",
      "",
      "Ctrl-C, SIGTERM, a lost terminal (SIGHUP) and a closed stdout end the run early: "
          + "calls in flight finish, journal and report are written, and the command to resume "
          + "is printed. A second Ctrl-C ends the run at once.",
      "",
      "Credentials come from VOLCENGINE_ACCESS_KEY, VOLCENGINE_SECRET_KEY and "
          + "VOLCENGINE_SESSION_TOKEN, or from the rest of the official chain; no option "
          + "accepts them.",
      "",
      "Instances that --protect-tag or --exclude-file excludes are reported as SKIPPED, "
          + "and do not change the exit code.",
      "",
      "Exit codes: 0 every instance is stopped or was skipped; 1 some failed, are "
          + "unconfirmed, could not be described, or have no outcome; 2 usage, nothing "
          + "stopped; 3 too many failures; 4 credentials or configuration; 130 interrupted.",
      "",
      "Examples:",
      "  fleetstop stop --simulate 1000",
      "  fleetstop stop --region cn-beijing i-ycm0a1b2c3d4e5f6g7h8",
      "  fleetstop stop --status RUNNING --tag env=dev --max-instances 500 --yes",
      "  fleetstop stop --ids-file night.txt --exclude-file keep.txt --dry-run",
      "  fleetstop stop --ids-file night.txt --yes --rate 20 --max-failures 5%% --output jsonl",
      "  fleetstop stop --ids-file night.txt --yes --wave 1%%,10%%,100%% --max-failures 2%%",
      "  fleetstop stop --ids-file night.txt --yes --journal night.jsonl",
      "  fleetstop stop --ids-file night.txt --yes --journal night.jsonl --resume"
    })
final class StopCommand implements Callable<Integer> {

  static final String DESCRIPTION = "Stops instances and reports each outcome.";

  private final Terminal terminal;
  private final List<String> commandLine;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--help-all",
      description = "Show the help of all options and exit. Default: off.")
  private boolean allOptionsShown;

  @Mixin private StopArguments options = new StopArguments();

  /**
   * A command.
   *
   * @param commandLine all words of the command line, for the resume command
   */
  StopCommand(Terminal terminal, List<String> commandLine) {
    this.terminal = terminal;
    this.commandLine = List.copyOf(commandLine);
  }

  @Override
  public Integer call() {
    if (allOptionsShown) {
      terminal.out().print(StopHelp.full(spec.commandLine()));
      return ExitCode.SUCCESS.number();
    }
    options.where.targets = options.several.file;
    StopConflicts.reject(options, terminal);
    if (TargetArguments.isSeveral(options.where)) {
      RunLimits limits = RunLimits.of(options);
      return new MultiTargetStop(
              options, terminal, commandLine, StopConfig.shutdown(options, limits.maxInFlight()))
          .run();
    }
    RedisUrl redis = RedisArguments.url(options.rate.redis, terminal::env);
    if (redis != null && options.safety.runId != null && options.safety.journal == null) {
      return new SharedStop(options, terminal, commandLine).stop(redis).number();
    }
    FleetSelector choice = FleetSelector.of(options, terminal);
    try (SharedRates rates = SharedRates.open(options, terminal)) {
      rates.announce();
      return stop(choice, RunLimits.of(options, rates.limiters()));
    }
  }

  private int stop(FleetSelector choice, RunLimits pace) {
    ShutdownOptions asked = StopConfig.shutdown(options, pace.maxInFlight());
    try (Interruption interruption = new Interruption(terminal);
        RunReport report = RunReport.begin(options, pace, terminal);
        RunJournal journal = new RunJournal(options.safety);
        ServiceTarget target = ServiceTarget.find(options.where, terminal)) {
      report.requestIdentity(target);
      RequestStats calls = new RequestStats(report.listener());
      EcsClient client =
          target.connect(ClientSettings.builder(options.retries, pace).listener(calls));
      ShutdownOptions shutdown = journal.resume(asked.mutate().scope(target.scope()).build());
      String runId =
          Objects.requireNonNull(shutdown.runId(), "the command line or the journal sets one");
      ResumeHint resumeHint = new ResumeHint(commandLine, runId);
      NotifyCommand notify = new NotifyCommand(options, terminal);
      SelectedInstances fleet;
      try {
        fleet = choice.find(client, journal, target, this::note);
      } catch (CommandFailure failure) {
        Summary nothing = new Summary(calls, resumeHint, failure.getMessage());
        OutcomeCounts counts = reportUndescribed(failure, report, journal.history());
        report.concludeUnbegun(failure, counts, nothing, target, journal.doneBefore());
        notify.run(
            failure.exitCode(),
            counts,
            resumeHint,
            target.region(),
            failure.getMessage(),
            report.written());
        throw failure;
      }
      WaveControl waves = new WaveControl(options.safety, fleet.ids().size(), terminal);
      int inWaves = waves.reached(fleet.ids()).size();
      choice.protectionNotes(fleet).forEach(this::note);
      note(fleet.labelsText());
      if (options.how.plan) {
        PlanPrinter.print(
            terminal,
            options.output.format,
            choice.plan(fleet, shutdown, target, inWaves, journal),
            waves);
        return ExitCode.SUCCESS.number();
      }
      // A question without them would hide how far the run reaches.
      boolean listed = !options.output.quiet || choice.isAsking(fleet);
      (listed ? waves.list() : List.<String>of())
          .forEach(line -> Progress.NONE.print(terminal.err(), line));
      choice.confirm(fleet, shutdown, target, inWaves, journal);
      FleetShutdown shutter = journal.fleet(client, shutdown);
      report.start();
      Set<InstanceId> reached = waves.reached(fleet.ids());
      RunHandle handle =
          RunHandle.of(
              fleet.unlisted().isEmpty()
                  ? shutter.run(reached, waves.waves())
                  : shutter.run(
                      Flux.fromIterable(reached).filter(id -> !fleet.unlisted().contains(id)),
                      waves.waves()));
      ConsoleReporter reporter =
          new ConsoleReporter(
              terminal,
              options.output,
              reported(fleet, reached),
              pace.pace(calls, handle),
              fleet::label,
              outcome -> report.add(outcome, fleet.label(outcome.instanceId())),
              Schedulers.boundedElastic());
      report.continueFrom(
          journal.history(),
          outcome -> journal.isDone(InstanceId.of(outcome.instanceId())),
          reporter);
      note(journal.doneBefore());
      note(fleet.skippedText());
      fleet.skipped().forEach((id, reason) -> reporter.report(leftOut(id, reason, journal)));
      fleet.unlisted().forEach(id -> reporter.report(OutcomeLine.unlisted(id)));
      AttendedRun.End end =
          new AttendedRun(terminal, options.output, interruption, handle, reporter)
              .run(journal, waves, resumeHint, pace.adaptive(), pace::changeRate)
              // Instances that the drain skipped are not in the wanted state.
              .orCutShort(isCutShort(fleet, reporter.counts()));
      Summary summary = new Summary(calls, resumeHint, end.endedBy());
      reporter.summarize(end.exitCode(), summary.lines(end.exitCode(), reporter.counts()));
      note(waves.afterLast(end.exitCode(), options.safety.journal != null, resumeHint));
      report.conclude(end.exitCode(), reporter.counts(), summary, target, journal.doneBefore());
      notify.run(
          end.exitCode(),
          reporter.counts(),
          resumeHint,
          target.region(),
          end.endedBy(),
          report.written());
      return end.exitCode().number();
    }
  }

  /** A service that does not reply leaves the state of each named instance unknown. */
  private OutcomeCounts reportUndescribed(
      CommandFailure failure, RunReport report, @Nullable JournaledRun history) {
    ConsoleReporter reporter =
        new ConsoleReporter(
            terminal,
            options.output,
            new LinkedHashSet<>(failure.unconfirmed()),
            Progress.NO_PACE,
            id -> InstanceLabel.UNKNOWN,
            outcome -> report.add(outcome, InstanceLabel.UNKNOWN),
            Schedulers.boundedElastic());
    report.continueFrom(
        history,
        outcome -> !failure.unconfirmed().contains(InstanceId.of(outcome.instanceId())),
        reporter);
    failure
        .unconfirmed()
        .forEach(id -> reporter.report(OutcomeLine.undescribed(id, failure.getMessage())));
    reporter.end();
    return reporter.counts();
  }

  /** Whether the run deadline left instances without a call. */
  private boolean isCutShort(SelectedInstances fleet, OutcomeCounts counts) {
    Duration runDeadline = options.retries.runDeadline;
    return runDeadline != null
        && counts.elapsed().compareTo(runDeadline) >= 0
        && (counts.done() < counts.instances() || counts.of(Kind.SKIPPED) > fleet.skipped().size());
  }

  private void note(@Nullable String text) {
    if (text != null && !options.output.quiet) {
      Progress.NONE.print(terminal.err(), text);
    }
  }

  private static OutcomeLine leftOut(InstanceId id, String reason, RunJournal journal) {
    return journal.unsettled().contains(id)
        ? OutcomeLine.leftUnsettled(id, reason)
        : OutcomeLine.skipped(id, reason);
  }

  private static Set<InstanceId> reported(SelectedInstances fleet, Set<InstanceId> reached) {
    if (fleet.skipped().isEmpty() && fleet.unlisted().isEmpty()) {
      return reached;
    }
    Set<InstanceId> reported = new IdSet();
    reported.addAll(fleet.skipped().keySet());
    reported.addAll(fleet.unlisted());
    reported.addAll(reached);
    return reported;
  }
}
