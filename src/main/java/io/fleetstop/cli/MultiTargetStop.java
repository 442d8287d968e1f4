package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.run.AttendedRun;
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
import io.fleetstop.cli.run.TargetCounts;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.TargetArguments;
import io.fleetstop.cli.select.TargetFleets;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.MultiTargetRun;
import io.fleetstop.fleet.MultiTargetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.WaveOrder;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/** {@code fleetstop stop} with several targets: as {@link StopCommand} in one. */
final class MultiTargetStop {

  /** The scope of the journal, so that a run in one target refuses it. */
  static final String SCOPE = "several targets";

  private final StopArguments options;
  private final Terminal terminal;
  private final List<String> commandLine;
  private final ShutdownOptions asked;
  private final TargetConnections connections = new TargetConnections();

  MultiTargetStop(
      StopArguments options, Terminal terminal, List<String> commandLine, ShutdownOptions asked) {
    this.options = options;
    this.terminal = terminal;
    this.commandLine = commandLine;
    this.asked = asked;
  }

  /** Runs the command. */
  int run() {
    try (SharedRates rates = SharedRates.open(options, terminal);
        Interruption interruption = new Interruption(terminal);
        RunReport report = RunReport.begin(options, RunLimits.of(options), terminal);
        RunJournal journal = new RunJournal(options.safety)) {
      rates.announce();
      Map<Target, WhereArguments> targets = TargetArguments.of(options.where, terminal);
      TargetFleets fleets = TargetFleets.of(options, terminal, targets.keySet());
      RequestStats calls = new RequestStats(report.listener());
      targets.forEach((target, where) -> connect(target, where, fleets, calls, rates));
      ShutdownOptions shutdown =
          journal.resume(ofAll(asked, options, targets.size()).scope(SCOPE).build());
      requireTargetsOf(journal, targets.keySet());
      String runId = Objects.requireNonNull(shutdown.runId(), "set, or that of the journal");
      ResumeHint resumeHint = new ResumeHint(commandLine, runId);
      try {
        fleets.find(connections.all(), journal::of, this::note);
      } catch (CommandFailure failure) {
        Summary nothing = new Summary(calls, resumeHint, failure.getMessage());
        NotifyCommand notify = new NotifyCommand(options, terminal);
        TargetConnections.reportUnbegun(failure, targets.keySet(), nothing, report, notify);
        throw failure;
      }
      WaveControl waves =
          waves(options, fleets.ids().values().stream().map(Set::size).toList(), terminal);
      if (options.how.plan) {
        PlanPrinter.print(
            terminal,
            options.output.format,
            fleets.plan(shutdown, connections.all(), journal.done()),
            waves);
        return ExitCode.SUCCESS.number();
      }
      if (!options.output.quiet || fleets.isAsking()) {
        waves.list().forEach(line -> Progress.NONE.print(terminal.err(), line));
      }
      fleets.confirm(shutdown, connections.all(), journal.done(), this::note);
      return stop(
          new Prepared(fleets, waves, shutdown, calls, resumeHint), journal, report, interruption);
    } finally {
      connections.close();
    }
  }

  /** What is known before the first call. */
  private record Prepared(
      TargetFleets fleets,
      WaveControl waves,
      ShutdownOptions shutdown,
      RequestStats calls,
      ResumeHint resumeHint) {}

  private void connect(
      Target target,
      WhereArguments where,
      TargetFleets fleets,
      RequestStats calls,
      SharedRates rates) {
    try {
      RunLimits ofTarget = RunLimits.of(options, rates.limiters(target));
      connections.connect(target, where, ofTarget, options.retries, calls, terminal);
    } catch (CommandFailure failure) {
      fleets.addFailure(target, failure);
    }
  }

  private static void requireTargetsOf(RunJournal journal, Set<Target> targets) {
    List<Target> others =
        journal.targets().stream().filter(target -> !targets.contains(target)).toList();
    if (!others.isEmpty()) {
      throw CommandFailure.usage(
          "--journal: the run also has instances in "
              + others
              + "; nothing was stopped. Resume it with all of its targets");
    }
  }

  /** Returns the options of all targets, which share the bounds. */
  static ShutdownOptions.Builder ofAll(ShutdownOptions one, StopArguments options, int targets) {
    // By default, those of a run in each target alone.
    boolean given = options.rate.maxInFlight != null;
    return one.mutate()
        .maxInFlight(one.maxInFlight() * (given ? 1 : targets))
        .maxOpen(one.maxOpen() * targets);
  }

  /** Returns the waves over all targets, which have {@code fleets} instances each. */
  static WaveControl waves(StopArguments options, List<Integer> fleets, Terminal terminal) {
    Waves sizes = options.safety.waves;
    if (options.several.waveBy == WaveOrder.BY_TARGET) {
      List<Waves.Size> ends = new ArrayList<>();
      long before = 0;
      for (int fleet : fleets) {
        long start = before;
        before += fleet;
        if (sizes != null) {
          sizes.ofFleet(fleet).ends().stream()
              .filter(end -> end < fleet)
              .forEach(end -> ends.add(Waves.Size.count(start + end)));
        }
        if (fleet > 0) {
          ends.add(Waves.Size.count(before));
        }
      }
      sizes = Waves.of(ends.toArray(new Waves.Size[0]));
    }
    int all = fleets.stream().mapToInt(Integer::intValue).sum();
    return new WaveControl(options.safety, sizes, all, terminal);
  }

  private int stop(
      Prepared prepared, RunJournal journal, RunReport report, Interruption interruption) {
    TargetFleets fleets = prepared.fleets();
    MultiTargetRun run = begin(prepared, journal);
    RunHandle handle = RunHandle.of(run);
    report.start();
    TargetCounts counts = counts(fleets, journal);
    ConsoleReporter reporter =
        new ConsoleReporter(
            terminal,
            options.output,
            (int) (fleets.count() - prepared.waves().left()) + skipped(fleets),
            TargetConnections.idWidth(fleets.ids()),
            true,
            connections.pace(counts, prepared.calls(), handle),
            outcome -> fleets.label(outcome.target(), outcome.instanceId()),
            outcome -> {
              counts.count(outcome);
              report.add(outcome, fleets.label(outcome.target(), outcome.instanceId()));
            },
            Schedulers.boundedElastic());
    report.continueFrom(
        journal.history(), outcome -> journal.isDone(OutcomeLine.of(outcome)), reporter);
    note(journal.doneBefore());
    reportSkipped(fleets, journal, reporter);
    AttendedRun.End end =
        new AttendedRun(terminal, options.output, interruption, handle, reporter)
            .run(
                journal,
                prepared.waves(),
                prepared.resumeHint(),
                options.rate.rate == null,
                connections::changeRate)
            .orCutShort(isCutShort(reporter.counts()))
            .orIncomplete(!run.errors().isEmpty() || !fleets.failures().isEmpty());
    String regions = text(fleets);
    Summary summary = new Summary(prepared.calls(), prepared.resumeHint(), end.endedBy());
    List<String> lines = new ArrayList<>(summary.lines(end.exitCode(), reporter.counts()));
    lines.addAll(1, counts.lines(run.errors()));
    reporter.summarize(end.exitCode(), lines);
    note(
        prepared
            .waves()
            .afterLast(end.exitCode(), options.safety.journal != null, prepared.resumeHint()));
    report.conclude(
        end.exitCode(), reporter.counts(), summary, null, regions, journal.doneBefore());
    new NotifyCommand(options, terminal)
        .run(
            end.exitCode(),
            reporter.counts(),
            prepared.resumeHint(),
            regions,
            end.endedBy(),
            report.written());
    return end.exitCode().number();
  }

  private boolean isCutShort(OutcomeCounts counts) {
    Duration runDeadline = options.retries.runDeadline;
    return runDeadline != null
        && counts.elapsed().compareTo(runDeadline) >= 0
        && (counts.done() < counts.instances() || counts.cutShort() > 0);
  }

  private MultiTargetRun begin(Prepared prepared, RunJournal journal) {
    // What a target that cannot be read now had done before stays in the journal.
    Set<Target> targets = new LinkedHashSet<>(prepared.fleets().fleets().keySet());
    targets.addAll(journal.targets());
    MultiTargetShutdown.Builder across =
        FleetShutdown.across(connections.clients(targets))
            .continueOnTargetError(options.several.continued);
    if (options.several.maxFailures != null) {
      across.maxFailuresPerTarget(options.several.maxFailures);
    }
    MultiTargetShutdown shutdown = journal.fleet(across, prepared.shutdown());
    Waves written = options.safety.waves;
    return shutdown.run(
        prepared.fleets().ids(),
        (written == null ? Waves.none() : written).approvedBy(prepared.waves()),
        options.several.waveBy);
  }

  private static TargetCounts counts(TargetFleets fleets, RunJournal journal) {
    TargetCounts counts = new TargetCounts();
    fleets
        .fleets()
        .forEach(
            (target, fleet) ->
                counts.add(
                    target,
                    fleet.ids().size() + fleet.skipped().size() + journal.of(target).done()));
    fleets
        .failures()
        .forEach(
            (target, failure) -> counts.addUnread(target, String.valueOf(failure.getMessage())));
    return counts;
  }

  private static int skipped(TargetFleets fleets) {
    return fleets.fleets().values().stream()
        .mapToInt(fleet -> fleet.skipped().size() + fleet.unlisted().size())
        .sum();
  }

  private static void reportSkipped(
      TargetFleets fleets, RunJournal journal, ConsoleReporter reporter) {
    fleets
        .fleets()
        .forEach(
            (target, fleet) -> {
              Set<InstanceId> unsettled = journal.of(target).unsettled();
              fleet
                  .skipped()
                  .forEach(
                      (id, reason) ->
                          reporter.report(
                              (unsettled.contains(id)
                                      ? OutcomeLine.leftUnsettled(id, reason)
                                      : OutcomeLine.skipped(id, reason))
                                  .in(target)));
              fleet.unlisted().forEach(id -> reporter.report(OutcomeLine.unlisted(id).in(target)));
            });
  }

  private static String text(TargetFleets fleets) {
    return fleets.fleets().keySet().stream()
        .map(Target::toString)
        .collect(Collectors.joining(", "));
  }

  private void note(@Nullable String text) {
    if (text != null && !options.output.quiet) {
      Progress.NONE.print(terminal.err(), text);
    }
  }
}
