package io.fleetstop.cli.run;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.run.InteractiveCommands.CommandReader;
import io.fleetstop.cli.run.OutcomeLoop.Interruption;
import io.fleetstop.cli.run.Summary.ResumeHint;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** Runs to the last outcome; signals and typed commands take effect meanwhile. */
public final class AttendedRun {

  private final Terminal terminal;
  private final OutputArguments output;
  private final Interruption interruption;
  private final RunHandle run;
  private final ConsoleReporter reporter;

  /** Creates a run that has not started. */
  public AttendedRun(
      Terminal terminal,
      OutputArguments output,
      Interruption interruption,
      RunHandle run,
      ConsoleReporter reporter) {
    this.terminal = terminal;
    this.output = output;
    this.interruption = interruption;
    this.run = run;
    this.reporter = reporter;
  }

  /**
   * How a run ended.
   *
   * @param endedBy why it ended early, or {@code null}
   */
  public record End(ExitCode exitCode, @Nullable String endedBy) {

    /** Returns this end, or that of a run whose deadline left instances without a call. */
    public End orCutShort(boolean byDeadline) {
      return endedBy == null && byDeadline
          ? new End(exitCode, "the --run-deadline passed").orIncomplete(true)
          : this;
    }

    /** Returns this end; a run that left something out is not a success. */
    public End orIncomplete(boolean incomplete) {
      return incomplete && exitCode == ExitCode.SUCCESS
          ? new End(ExitCode.INSTANCES_FAILED, endedBy)
          : this;
    }
  }

  /**
   * Runs to the last outcome.
   *
   * @param adaptive whether a typed rate is the upper bound of an adaptive one
   * @param changeRate changes the rate
   */
  public End run(
      RunJournal journal,
      WaveControl waves,
      ResumeHint resumeHint,
      boolean adaptive,
      DoubleConsumer changeRate) {
    OutcomeLoop loop = new OutcomeLoop(run, reporter, waves, resumeHint);
    InteractiveCommands commands =
        new InteractiveCommands(run, adaptive, changeRate, reporter, loop::drainOnRequest);
    interruption.replaceAction(loop::interrupt);
    reporter.info(resumeHint.atStart());
    ExitCode exitCode =
        journal.exitCode(
            CommandReader.during(
                terminal, output.interactive, this::note, commands::execute, loop::stop));
    interruption.replaceAction(() -> {});
    return new End(exitCode, loop.endedBy());
  }

  private void note(String text) {
    if (!output.quiet) {
      Progress.NONE.print(terminal.err(), text);
    }
  }
}
