package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.StartArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.Target;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@code fleetstop start} refuses before it calls the service. */
final class StartConflicts {

  private StartConflicts() {}

  /**
   * Rejects a command line whose options contradict each other.
   *
   * @throws CommandFailure that names them
   */
  static void reject(StartArguments options, Terminal terminal) {
    if (options.runs.journal == null) {
      throw CommandFailure.usage(
          "--journal FILE is required: the journal of the run that stopped the instances, which"
              + " stop --journal FILE has written");
    }
    if (options.where.isSimulated()) {
      throw CommandFailure.usage(
          "--simulate cannot start what an earlier command stopped, because its simulator has ended;"
              + " keep one with fleetstop simulate, and name it by --endpoint");
    }
    CommandFailure.reject(
        "--wait-timeout", options.waiting.waitTimeout != null, "--no-wait", options.waiting.noWait);
    CommandFailure.reject("--quiet", options.output.quiet, "--verbose", options.output.verbose);
    CommandFailure.reject(
        "--rate", options.rate.rate != null, "--max-rate", options.rate.maxRate != null);
    if (options.rate.burst != null && options.rate.rate == null) {
      throw CommandFailure.usage("--burst needs --rate; add it, or leave out --burst");
    }
    CommandFailure.reject("--plan", options.safety.plan, "--dry-run", options.safety.dryRun);
    if (options.safety.plan
        && options.output.format != OutputFormat.TEXT
        && options.output.format != OutputFormat.JSONL) {
      throw CommandFailure.usage("--plan prints text or jsonl; give one of them as --output");
    }
    options.where.rejectConflicts();
    StopConflicts.rejectTargetFile(options.shared());
    WaveControl.rejectConflicts(options.shared(), terminal);
  }

  /**
   * Reads the journal of the stop run.
   *
   * @param target the target of a run over several, or {@code null}
   * @throws CommandFailure if it cannot be read, or has no stop to undo
   */
  static JournaledRun stopRun(Path file, @Nullable Target target) {
    JournaledRun run;
    try {
      run = Objects.requireNonNull(JournaledRun.readOwn(file).block());
    } catch (EcsException e) {
      throw CommandFailure.usage("--journal: " + e.detail());
    }
    String name = TerminalText.escape(file.toString());
    if (run.operation() != Operation.STOP) {
      throw CommandFailure.usage(
          "--journal: "
              + name
              + " is the journal of a start; name that of the stop, and this one as"
              + " --start-journal with --resume to resume the start");
    }
    Set<Target> targets = run.targets();
    if (target != null && !targets.contains(target)) {
      throw CommandFailure.usage(
          "--target: "
              + name
              + " has no target "
              + TerminalText.escape(target.toString())
              + (targets.isEmpty()
                  ? ": its run has one target only; leave out --target"
                  : ", but " + TerminalText.escape(targets.toString())));
    }
    if (run.isDryRun()) {
      throw CommandFailure.usage(
          "--journal: " + name + " is of a dry run, which stopped nothing; name that of a stop");
    }
    if (run.isActive()) {
      throw CommandFailure.usage(
          "--journal: the run of "
              + name
              + " is active in another process; end it first, with Ctrl-C there");
    }
    return run;
  }

  /**
   * Returns the target of a run over several, or {@code null} if none is given.
   *
   * @throws CommandFailure if it is malformed
   */
  static @Nullable Target target(StartArguments options) {
    String given = options.runs.target;
    if (given == null) {
      return null;
    }
    int slash = given.lastIndexOf('/');
    try {
      return new Target(given.substring(0, Math.max(0, slash)), given.substring(slash + 1));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(
          "--target must be ACCOUNT/REGION, was \"" + given + "\": " + e.getMessage());
    }
  }

  /**
   * Rejects what only a run over several targets has.
   *
   * @throws CommandFailure that names it
   */
  static void requireOneTarget(StartArguments options) {
    if (options.several.file != null || options.where.isSeveral()) {
      throw CommandFailure.usage(
          "the run of --journal, or the --target, is in one region and account; give one --region,"
              + " --profile and --role-trn, and no --targets");
    }
    StopConflicts.rejectTargetOptions(options.shared());
  }

  /**
   * Requires no more instances than {@code --max-instances}.
   *
   * @throws CommandFailure if there are
   */
  static void requireFewEnough(StartArguments options, int count) {
    Integer max = options.safety.maxInstances;
    if (max != null && count > max) {
      throw CommandFailure.usage(
          TerminalText.instances(count)
              + " would be started, more than the "
              + TerminalText.count(max)
              + " of --max-instances; nothing was started. Check the journal, or raise it");
    }
  }

  /** Returns the scope of a start: a resumed one must undo the same run. */
  static String scope(String where, JournaledRun stopRun) {
    return where + undoes(stopRun.runId());
  }

  private static String undoes(String runId) {
    return " (undoes run " + runId + ")";
  }

  /**
   * Requires that a resumed start began with the same stop run.
   *
   * @throws CommandFailure if it did not
   */
  static void requireSameStop(StartArguments options, JournaledRun stopRun) {
    Path journal = options.startJournal();
    if (!options.runs.resume || journal == null) {
      return;
    }
    String scope;
    try {
      scope = Objects.requireNonNull(JournaledRun.read(journal).block()).scope();
    } catch (EcsException e) {
      throw CommandFailure.usage("--start-journal: " + e.detail());
    }
    if (scope == null || !scope.endsWith(undoes(stopRun.runId()))) {
      throw CommandFailure.usage(
          "--resume: the start of "
              + TerminalText.escape(journal.toString())
              + " is of another stop run: it is in "
              + TerminalText.escape(String.valueOf(scope))
              + ", and --journal "
              + TerminalText.escape(options.stopJournal().toString())
              + " is of run "
              + TerminalText.escape(stopRun.runId())
              + "; nothing was started. Give the --journal that it began with, or another"
              + " --start-journal");
    }
  }

  /**
   * Requires that the command is for the region of the stop run.
   *
   * @throws CommandFailure if it is not
   */
  static void requireScope(JournaledRun stopRun, @Nullable Target of, ServiceTarget target) {
    String scope = of == null ? stopRun.scope() : of.region();
    if (scope != null && !scope.equals(target.scope())) {
      throw CommandFailure.usage(
          "--journal: its run was in "
              + TerminalText.escape(scope)
              + ", this command is for "
              + TerminalText.escape(target.scope())
              + "; nothing was started. Give the --region and --profile of the stop");
    }
  }
}
