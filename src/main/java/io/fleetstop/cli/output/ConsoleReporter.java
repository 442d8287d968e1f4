package io.fleetstop.cli.output;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputArguments;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.output.Progress.LiveBar;
import io.fleetstop.cli.output.Progress.PlainProgress;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Reports a run: outcomes on stdout, progress and everything else on stderr.
 *
 * <p>Each outcome is a text line. If the progress bar is on the same terminal, a fleet of more than
 * {@value #FEW} shows only failed and unconfirmed instances, above the bar: thousands of lines
 * would scroll them away.
 */
public final class ConsoleReporter {

  private static final int FEW = 20;
  private static final Duration REFRESH_PERIOD = Duration.ofSeconds(1);
  private static final int MAX_ID_WIDTH = 40;

  private final Terminal terminal;
  private final OutputArguments options;
  private final OutcomeCounts counts;
  private final Consumer<OutcomeLine> sink;
  private final Progress progress;
  private final Disposable refresh;
  private final boolean problemsOnly;
  private final int idWidth;
  private volatile boolean draining;
  private volatile boolean paused;

  /**
   * Creates a reporter.
   *
   * @param pace returns the current rate, for the progress
   * @param sink also receives each outcome
   */
  public ConsoleReporter(
      Terminal terminal,
      OutputArguments options,
      Set<InstanceId> ids,
      Supplier<String> pace,
      Consumer<OutcomeLine> sink,
      Scheduler scheduler) {
    this.terminal = terminal;
    this.options = options;
    this.counts = new OutcomeCounts(ids.size());
    this.sink = sink;
    boolean live =
        !options.quiet
            && !options.verbose
            && terminal.isTerminal(Terminal.Stream.STDERR)
            && terminal.isForeground()
            && !"dumb".equals(terminal.env("TERM"));
    this.problemsOnly = live && ids.size() > FEW && terminal.isTerminal(Terminal.Stream.STDOUT);
    this.idWidth =
        ids.stream().mapToInt(id -> Math.min(MAX_ID_WIDTH, id.value().length())).max().orElse(0);
    Supplier<String> how = () -> describe(pace.get());
    if (options.quiet) {
      this.progress = Progress.NONE;
    } else if (live) {
      this.progress = new LiveBar(counts, how, terminal);
    } else {
      this.progress = new PlainProgress(counts, how, terminal.err(), scheduler);
    }
    // A bar is redrawn by outcomes, and a service that does not reply brings none.
    this.refresh =
        live
            ? Flux.interval(REFRESH_PERIOD, scheduler)
                .onBackpressureDrop()
                .subscribe(tick -> progress.update())
            : Disposables.disposed();
  }

  private String describe(String pace) {
    return (paused ? "paused" : "") + (paused && !pace.isEmpty() ? ", " : "") + pace;
  }

  public OutcomeCounts counts() {
    return counts;
  }

  /**
   * Reports an outcome.
   *
   * @return whether stdout is still open
   */
  public boolean report(OutcomeLine outcome) {
    counts.count(outcome);
    sink.accept(outcome);
    progress.update();
    if (options.format == OutputFormat.JSONL) {
      progress.print(terminal.out(), TerminalText.line(outcome.toJson()));
    } else if (!options.quiet && isShown(outcome)) {
      progress.print(terminal.out(), outcome.toText(idWidth));
    }
    return !terminal.out().checkError();
  }

  private boolean isShown(OutcomeLine outcome) {
    // Instances that a draining run no longer waits for are only counted: a line for each would
    // hide the rest.
    boolean outputClosed = draining && outcome.kind() == Kind.UNCONFIRMED;
    return !problemsOnly || (outcome.kind().isFailure() && !outputClosed);
  }

  /** Marks the run as draining. Prints nothing, so it never blocks. */
  public void markDraining() {
    draining = true;
  }

  /** Shows whether the run is paused. */
  public void showPaused(boolean paused) {
    this.paused = paused;
    progress.update();
  }

  /** Prints a note. */
  public void note(String text) {
    progress.print(terminal.err(), text);
  }

  /** Prints a note, unless {@code --quiet} is given. */
  public void info(String text) {
    if (!options.quiet) {
      note(text);
    }
  }

  /** Ends the progress. */
  public void end() {
    refresh.dispose();
    progress.close();
  }

  /** Prints the summary, unless {@code --quiet} is given and every instance succeeded. */
  public void summarize(ExitCode exitCode, List<String> summary) {
    if (!options.quiet || exitCode != ExitCode.SUCCESS) {
      summary.forEach(line -> Progress.NONE.print(terminal.err(), line));
    }
  }
}
