package io.fleetstop.cli;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the end of a start run shows beside its summary. */
final class StartNotes {

  private final Set<String> lackingCapacity = new LinkedHashSet<>();

  /** Notes an outcome, and returns it. */
  OutcomeLine noted(OutcomeLine outcome) {
    if (EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY.code().equals(outcome.errorCode())) {
      lackingCapacity.add(outcome.shownId());
    }
    return outcome;
  }

  /** Returns the instances that need a hand, or {@code null} without any. */
  @Nullable String capacity(ResumeHint resumeHint) {
    return lackingCapacity.isEmpty()
        ? null
        : "Needs a hand: the service lacks capacity for "
            + TerminalText.instances(lackingCapacity.size())
            + ": "
            + TerminalText.escape(String.join(", ", lackingCapacity))
            + ". Try them later with: "
            + resumeHint.command()
            + ", or change their type in the console";
  }

  /** Returns what is beyond the last wave, or {@code null} if nothing is. */
  static @Nullable String afterLastWave(long left, ExitCode exitCode, ResumeHint resumeHint) {
    if (left == 0 || exitCode == ExitCode.INTERRUPTED) {
      return null;
    }
    return TerminalText.instances(left)
        + " beyond the last size of --wave: not started. Start the next waves with: "
        + resumeHint.command();
  }

  /** Whether the run deadline left instances without a call. */
  static boolean isCutShort(@Nullable Duration runDeadline, ConsoleReporter reporter) {
    return runDeadline != null
        && reporter.counts().elapsed().compareTo(runDeadline) >= 0
        && (reporter.counts().done() < reporter.counts().instances()
            || reporter.counts().of(Kind.SKIPPED) > 0);
  }
}
