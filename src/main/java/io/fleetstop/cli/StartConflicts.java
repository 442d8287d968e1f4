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
import java.nio.file.Path;
import java.util.Objects;

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
    if (options.startJournal().equals(options.stopJournal())) {
      throw CommandFailure.usage(
          "--journal and --start-journal name the same file; name two files");
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
    WaveControl.rejectConflicts(options.shared(), terminal);
  }

  /**
   * Reads the journal of the stop run.
   *
   * @throws CommandFailure if it cannot be read, or has no stop to undo
   */
  static JournaledRun stopRun(Path file) {
    JournaledRun run;
    try {
      run = Objects.requireNonNull(JournaledRun.read(file).block());
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
   * Requires that the command is for the region of the stop run.
   *
   * @throws CommandFailure if it is not
   */
  static void requireScope(JournaledRun stopRun, ServiceTarget target) {
    String scope = stopRun.scope();
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
