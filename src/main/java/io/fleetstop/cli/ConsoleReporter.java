package io.fleetstop.cli;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.util.Set;
import java.util.function.Supplier;
import reactor.core.scheduler.Scheduler;

/**
 * Tells of a run: outcomes on stdout, progress and everything else on stderr.
 *
 * <p>Text lines for all outcomes are written as they come. Only where the bar is live on the same
 * terminal does a fleet of more than {@value #FEW} show its problems alone, above the bar:
 * thousands of lines would scroll them away.
 */
final class ConsoleReporter {

  private static final int FEW = 20;
  private static final int MAX_ID_WIDTH = 40;

  private final Terminal terminal;
  private final StopArguments.Output options;
  private final OutcomeCounts tally;
  private final RunReport report;
  private final Progress progress;
  private final boolean isProblemsOnly;
  private final int idWidth;
  private volatile boolean isEnding;
  private volatile boolean isPaused;

  /**
   * A narrator.
   *
   * @param pace says how fast the run may go at present
   * @param report gets the outcomes too, from now on
   */
  ConsoleReporter(
      Terminal terminal,
      StopArguments.Output options,
      Set<InstanceId> ids,
      Supplier<String> pace,
      RunReport report,
      Scheduler scheduler) {
    this.terminal = terminal;
    this.options = options;
    this.tally = new OutcomeCounts(ids.size());
    this.report = report;
    report.start();
    boolean isLive = !options.quiet && !options.verbose && terminal.isTerminal(Terminal.Stream.ERR);
    this.isProblemsOnly = isLive && ids.size() > FEW && terminal.isTerminal(Terminal.Stream.OUT);
    this.idWidth =
        ids.stream().mapToInt(id -> Math.min(MAX_ID_WIDTH, id.value().length())).max().orElse(0);
    Supplier<String> how = () -> describe(pace.get());
    if (options.quiet) {
      this.progress = Progress.NONE;
    } else if (isLive) {
      this.progress = new LiveBar(tally, how, terminal.err(), terminal.columns());
    } else {
      this.progress = new PlainProgress(tally, how, terminal.err(), scheduler);
    }
  }

  private String describe(String pace) {
    return (isPaused ? "paused" : "") + (isPaused && !pace.isEmpty() ? ", " : "") + pace;
  }

  OutcomeCounts tally() {
    return tally;
  }

  /**
   * Tells of an outcome.
   *
   * @return whether anybody still listens to stdout
   */
  boolean tell(Outcome outcome) {
    tally.count(outcome);
    report.add(outcome);
    progress.advance();
    if (options.format == OutputFormat.JSONL) {
      progress.print(terminal.out(), JsonLines.line(outcome.toJson()));
    } else if (!options.quiet && isShown(outcome)) {
      progress.print(terminal.out(), outcome.toText(idWidth));
    }
    return !terminal.out().checkError();
  }

  private boolean isShown(Outcome outcome) {
    // Who is not waited for any more is counted; a line for each would bury all else.
    boolean isGivenUp = isEnding && outcome.kind() == Kind.UNCONFIRMED;
    return !isProblemsOnly || (outcome.kind().isFailure() && !isGivenUp);
  }

  /** From now on the run ends early. Prints nothing, and so never waits. */
  void ending() {
    isEnding = true;
  }

  /** Shows whether the run is paused. */
  void paused(boolean isPaused) {
    this.isPaused = isPaused;
    progress.advance();
  }

  /** Says something beside the outcomes. */
  void note(String text) {
    progress.print(terminal.err(), text);
  }

  /** Says something that a run without a word leaves out. */
  void remark(String text) {
    if (!options.quiet) {
      note(text);
    }
  }

  /** Ends the progress. */
  void end() {
    progress.close();
  }

  /** Sums up, unless all is well and nobody wants to hear. */
  void conclude(ExitCode exitCode, Summary summary) {
    if (!options.quiet || exitCode != ExitCode.SUCCESS) {
      summary.lines(exitCode, tally).forEach(line -> Progress.NONE.print(terminal.err(), line));
    }
  }
}
