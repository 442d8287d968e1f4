package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StartArguments;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.AttendedRun;
import io.fleetstop.cli.run.NotifyCommand;
import io.fleetstop.cli.run.OutcomeLoop.Interruption;
import io.fleetstop.cli.run.RunHandle;
import io.fleetstop.cli.run.RunJournal;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.run.RunReport;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.cli.run.TargetCounts;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.StartPlan;
import io.fleetstop.cli.select.TargetArguments;
import io.fleetstop.cli.select.TargetFleets.Connected;
import io.fleetstop.cli.select.TargetStartPlan;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.MultiTargetRun;
import io.fleetstop.fleet.MultiTargetStart;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code fleetstop start} of a stop run over several targets: as {@link StartCommand} in one. */
final class TargetsStart {

  private static final int CONCURRENT_TARGETS = 8;

  private final StartArguments options;
  private final StopArguments shared;
  private final Terminal terminal;
  private final List<String> commandLine;
  private final JournaledRun stopRun;
  private final ShutdownOptions asked;
  private final TargetConnections connections = new TargetConnections();
  private final Map<Target, CommandFailure> failures = new LinkedHashMap<>();
  private final StartNotes notes = new StartNotes();

  TargetsStart(
      StartArguments options,
      Terminal terminal,
      List<String> commandLine,
      JournaledRun stopRun,
      ShutdownOptions asked) {
    this.options = options;
    this.shared = options.shared();
    this.terminal = terminal;
    this.commandLine = commandLine;
    this.stopRun = stopRun;
    this.asked = asked;
  }

  /** What is known before the first call. */
  private record Prepared(
      TargetStartPlan plan,
      WaveControl waves,
      ShutdownOptions start,
      RequestStats calls,
      ResumeHint resumeHint) {}

  /** The plan of one target, or why there is none. */
  private record Read(Target target, @Nullable StartPlan plan, @Nullable CommandFailure failure) {}

  /** Runs the command. */
  int run() {
    try (Interruption interruption = new Interruption(terminal, Operation.START);
        RunReport report = RunReport.begin(shared, RunLimits.ofStart(shared), terminal);
        RunJournal journal = RunJournal.ofStart(options)) {
      Map<Target, WhereArguments> targets =
          TargetArguments.ofJournal(options.where, terminal, stopRun.targets());
      RequestStats calls = new RequestStats(report.listener());
      targets.forEach((target, where) -> connect(target, where, calls));
      ShutdownOptions start =
          journal.resume(
              MultiTargetStop.ofAll(asked, shared, targets.size())
                  .scope(StartConflicts.scope(MultiTargetStop.SCOPE, stopRun))
                  .build());
      ResumeHint resumeHint =
          new ResumeHint(commandLine, Objects.requireNonNull(start.runId(), "it has one"));
      TargetStartPlan plan = plan(start, journal);
      try {
        requireReadable(plan, targets.size(), journal);
        StartConflicts.requireFewEnough(options, plan.count());
      } catch (CommandFailure failure) {
        Summary nothing = new Summary(calls, resumeHint, failure.getMessage());
        NotifyCommand notify = new NotifyCommand(shared, terminal);
        TargetConnections.reportUnbegun(failure, targets.keySet(), nothing, report, notify);
        throw failure;
      }
      WaveControl waves =
          MultiTargetStop.waves(
              shared, plan.ids().values().stream().map(Set::size).toList(), terminal);
      if (options.safety.plan) {
        PlanPrinter.print(terminal, options.output.format, plan, waves);
        return ExitCode.SUCCESS.number();
      }
      boolean asking = !options.safety.yes && !options.safety.dryRun && plan.count() > 1;
      if (!options.output.quiet || asking) {
        waves.list().forEach(line -> Progress.NONE.print(terminal.err(), line));
      }
      if (asking) {
        plan.confirm(terminal);
      }
      return start(
          new Prepared(plan, waves, start, calls, resumeHint), journal, report, interruption);
    } finally {
      connections.close();
    }
  }

  private void connect(Target target, WhereArguments where, RequestStats calls) {
    try {
      connections.connect(
          target, where, RunLimits.ofStart(shared), options.retries, calls, terminal);
    } catch (CommandFailure failure) {
      failures.put(target, failure);
    }
  }

  private TargetStartPlan plan(ShutdownOptions start, RunJournal journal) {
    Map<Target, StartPlan> plans = new LinkedHashMap<>();
    Flux.fromIterable(connections.all().entrySet())
        .flatMapSequential(
            each ->
                Mono.fromCallable(() -> read(each.getKey(), each.getValue(), start, journal))
                    .subscribeOn(Schedulers.boundedElastic()),
            CONCURRENT_TARGETS)
        .toIterable()
        .forEach(
            read -> {
              if (read.plan() != null) {
                plans.put(read.target(), read.plan());
              } else if (read.failure() != null) {
                failures.put(read.target(), read.failure());
              }
            });
    return new TargetStartPlan(stopRun.runId(), plans, failures);
  }

  private Read read(Target target, Connected to, ShutdownOptions start, RunJournal journal) {
    FleetStart fleet =
        FleetStart.builder(to.client())
            .options(start)
            .includeChanged(options.runs.includeChanged)
            .target(target)
            .build();
    try {
      StartPlan plan = StartPlan.of(stopRun, fleet, to.service(), start, journal.of(target));
      plan.requireReadable();
      return new Read(target, plan, null);
    } catch (CommandFailure failure) {
      return new Read(target, null, failure);
    }
  }

  private void requireReadable(TargetStartPlan plan, int targets, RunJournal journal) {
    boolean begunUnread = failures.keySet().stream().anyMatch(journal.targets()::contains);
    boolean continued = options.several.continued && !begunUnread;
    if (failures.isEmpty() || (continued && !plan.plans().isEmpty())) {
      return;
    }
    String text =
        TerminalText.count(failures.size())
            + " of "
            + TerminalText.count(targets)
            + " targets cannot be read, and nothing was started: "
            + String.join("; ", plan.failureLines())
            + (options.several.continued
                ? ""
                : ". Correct them, or add --continue-on-target-error to start the others");
    throw failures.values().iterator().next().exitCode() == ExitCode.CONFIGURATION
        ? CommandFailure.configuration(text)
        : CommandFailure.unanswered(text);
  }

  private int start(
      Prepared prepared, RunJournal journal, RunReport report, Interruption interruption) {
    TargetStartPlan plan = prepared.plan();
    MultiTargetRun run = begin(prepared, journal);
    RunHandle handle = RunHandle.of(run);
    report.start();
    TargetCounts counts = counts(plan, journal);
    int others = plan.plans().values().stream().mapToInt(each -> each.others().size()).sum();
    ConsoleReporter reporter =
        new ConsoleReporter(
            terminal,
            options.output,
            (int) (plan.count() - prepared.waves().left()) + others,
            TargetConnections.idWidth(plan.ids()),
            true,
            connections.pace(counts, prepared.calls(), handle),
            outcome -> InstanceLabel.UNKNOWN,
            outcome -> {
              counts.count(outcome);
              report.add(notes.noted(outcome), InstanceLabel.UNKNOWN);
            },
            Schedulers.boundedElastic());
    report.continueFrom(
        journal.history(), outcome -> journal.isDone(OutcomeLine.of(outcome)), reporter);
    note(journal.doneBefore());
    plan.plans()
        .forEach(
            (target, each) ->
                each.others()
                    .forEach(outcome -> reporter.report(OutcomeLine.of(outcome).in(target))));
    AttendedRun.End end =
        new AttendedRun(terminal, options.output, interruption, handle, reporter)
            .run(
                journal,
                prepared.waves(),
                prepared.resumeHint(),
                options.rate.rate == null,
                connections::changeRate)
            .orCutShort(StartNotes.isCutShort(options.retries.runDeadline, reporter))
            .orIncomplete(!run.errors().isEmpty() || !failures.isEmpty());
    Summary summary = new Summary(prepared.calls(), prepared.resumeHint(), end.endedBy());
    List<String> lines = new ArrayList<>(summary.lines(end.exitCode(), reporter.counts()));
    lines.addAll(1, counts.lines(run.errors()));
    reporter.summarize(end.exitCode(), lines);
    String capacity = notes.capacity(prepared.resumeHint());
    if (capacity != null) {
      Progress.NONE.print(terminal.err(), capacity);
    }
    note(StartNotes.afterLastWave(prepared.waves().left(), end.exitCode(), prepared.resumeHint()));
    String where =
        plan.plans().keySet().stream().map(Target::toString).collect(Collectors.joining(", "));
    report.conclude(end.exitCode(), reporter.counts(), summary, null, where, journal.doneBefore());
    new NotifyCommand(shared, terminal)
        .run(
            end.exitCode(),
            reporter.counts(),
            prepared.resumeHint(),
            where,
            end.endedBy(),
            report.written());
    return end.exitCode().number();
  }

  private MultiTargetRun begin(Prepared prepared, RunJournal journal) {
    Map<Target, Set<InstanceId>> ids = prepared.plan().ids();
    MultiTargetStart.Builder across =
        FleetStart.across(connections.clients(ids.keySet()))
            .includeChanged(options.runs.includeChanged)
            .only((target, id) -> ids.getOrDefault(target, Set.of()).contains(id))
            .continueOnTargetError(options.several.continued);
    if (options.several.maxFailures != null) {
      across.maxFailuresPerTarget(options.several.maxFailures);
    }
    Waves written = options.safety.waves;
    return journal
        .start(across, prepared.start())
        .run(
            stopRun,
            (written == null ? Waves.none() : written).approvedBy(prepared.waves()),
            options.several.waveBy);
  }

  private static TargetCounts counts(TargetStartPlan plan, RunJournal journal) {
    TargetCounts counts = new TargetCounts();
    plan.plans()
        .forEach(
            (target, each) ->
                counts.add(
                    target, each.ids().size() + each.others().size() + journal.of(target).done()));
    plan.failures()
        .forEach(
            (target, failure) -> counts.addUnread(target, String.valueOf(failure.getMessage())));
    return counts;
  }

  private void note(@Nullable String text) {
    if (text != null && !options.output.quiet) {
      Progress.NONE.print(terminal.err(), text);
    }
  }
}
