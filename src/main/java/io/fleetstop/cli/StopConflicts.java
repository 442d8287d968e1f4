package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.IdFile;
import io.fleetstop.cli.select.TargetArguments;
import io.fleetstop.fleet.WaveOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The options of {@code fleetstop stop} that exclude or need each other. */
final class StopConflicts {

  private StopConflicts() {}

  /**
   * Rejects a command line whose options contradict each other.
   *
   * @throws CommandFailure that names them
   */
  static void reject(StopArguments options, Terminal terminal) {
    CommandFailure.reject("--wait", options.waiting.await, "--no-wait", options.waiting.noWait);
    CommandFailure.reject(
        "--wait-timeout", options.waiting.waitTimeout != null, "--no-wait", options.waiting.noWait);
    CommandFailure.reject("--quiet", options.output.quiet, "--verbose", options.output.verbose);
    CommandFailure.reject(
        "--rate", options.rate.rate != null, "--max-rate", options.rate.maxRate != null);
    if (options.rate.burst != null && options.rate.rate == null) {
      throw CommandFailure.usage("--burst needs --rate; add it, or leave out --burst");
    }
    CommandFailure.reject(
        "--protect-tag",
        options.exempt.protectTag != null,
        "--no-protect-tag",
        options.exempt.unprotected);
    CommandFailure.reject(
        "--ids-file -",
        options.which.files().contains(IdFile.STDIN),
        "--exclude-file -",
        options.exempt.files().contains(IdFile.STDIN));
    CommandFailure.reject(
        "--interactive",
        options.output.interactive,
        "ids from stdin",
        options.which.files().contains(IdFile.STDIN)
            || options.exempt.files().contains(IdFile.STDIN));
    CommandFailure.reject(
        "--min-instances",
        options.safety.minInstances != null,
        "--allow-empty",
        options.safety.allowEmpty);
    if (options.safety.minInstances != null
        && options.safety.maxInstances != null
        && options.safety.minInstances > options.safety.maxInstances) {
      throw CommandFailure.usage(
          "--min-instances is "
              + options.safety.minInstances
              + ", more than the "
              + options.safety.maxInstances
              + " of --max-instances; no fleet has both");
    }
    if (options.how.plan
        && options.output.format != OutputFormat.TEXT
        && options.output.format != OutputFormat.JSONL) {
      throw CommandFailure.usage("--plan prints text or jsonl; give one of them as --output");
    }
    if (options.safety.journalOnly != null && !options.safety.resume) {
      throw CommandFailure.usage(
          "--journal-only needs --resume: it is the number of instances that only a resumed journal"
              + " names; add --resume, or leave it out");
    }
    requireFile("--journal", options.safety.journal);
    requireFile("--report", options.output.report);
    requireFile("--log-file", options.output.logFile);
    options.where.rejectConflicts();
    rejectTargetConflicts(options);
    WaveControl.rejectConflicts(options, terminal);
  }

  private static void requireFile(String option, @Nullable Path file) {
    if (file != null && file.equals(Path.of(IdFile.STDIN))) {
      throw CommandFailure.usage(option + " must be the path of a file, not stdin or stdout");
    }
  }

  private static void rejectTargetConflicts(StopArguments options) {
    rejectTargetFile(options);
    if (!TargetArguments.isSeveral(options.where)) {
      rejectTargetOptions(options);
    }
  }

  /** Rejects what contradicts a file of targets. */
  static void rejectTargetFile(StopArguments options) {
    boolean file = options.several.file != null;
    CommandFailure.reject("--targets", file, "--region", !options.where.regions.isEmpty());
    CommandFailure.reject("--targets", file, "--profile", !options.where.profiles.isEmpty());
    CommandFailure.reject("--targets", file, "--role-trn", !options.where.roleTrns.isEmpty());
    CommandFailure.reject("--targets", file, "--simulate", options.where.isSimulated());
  }

  /** Rejects what has no effect in one target. */
  static void rejectTargetOptions(StopArguments options) {
    String alone =
        options.several.continued
            ? "--continue-on-target-error"
            : options.several.maxFailures != null
                ? "--max-failures-per-target"
                : options.several.waveBy == WaveOrder.BY_TARGET ? "--wave-by target" : null;
    if (alone != null) {
      throw CommandFailure.usage(
          alone
              + " needs several targets; name them with --region, --profile, --role-trn or"
              + " --targets");
    }
  }
}
