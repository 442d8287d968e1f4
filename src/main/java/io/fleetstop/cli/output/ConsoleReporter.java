package io.fleetstop.cli.output;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputArguments;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.output.Progress.LiveLine;
import io.fleetstop.cli.output.Progress.Pace;
import io.fleetstop.cli.output.Progress.PlainProgress;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Reports a run: outcomes on stdout, progress and everything else on stderr.
 *
 * <p>Each outcome is a text line. If the progress is on the same terminal, a fleet of more than
 * {@value #FEW} shows only failed and unconfirmed instances, above the progress: thousands of lines
 * would scroll them away.
 */
public final class ConsoleReporter {

  private static final int FEW = 20;
  private static final int MAX_ID_WIDTH = 60;

  /** What the system says when the reader of a pipe has left. */
  public static final String BROKEN_PIPE = "Broken pipe";

  private final Terminal terminal;
  private final OutputArguments options;
  private final OutcomeCounts counts;
  private final Consumer<OutcomeLine> sink;
  private final Progress progress;
  private final boolean problemsOnly;
  private long unlisted;
  private final OutcomeFormat format;
  private final Function<OutcomeLine, InstanceLabel> labels;
  private boolean headed;
  private volatile boolean draining;
  private volatile boolean paused;
  private volatile boolean asking;
  private volatile Supplier<String> pause = () -> "";

  /**
   * Creates a reporter.
   *
   * @param pace describes the pace of the run, for the progress
   * @param labels returns what is known of an instance beside its id
   * @param sink also receives each outcome
   */
  public ConsoleReporter(
      Terminal terminal,
      OutputArguments options,
      Set<InstanceId> ids,
      Pace pace,
      Function<String, InstanceLabel> labels,
      Consumer<OutcomeLine> sink,
      Scheduler scheduler) {
    this(
        terminal,
        options,
        ids.size(),
        ids.stream().mapToInt(id -> id.value().length()).max().orElse(0),
        false,
        pace,
        outcome -> labels.apply(outcome.instanceId()),
        sink,
        scheduler);
  }

  /**
   * Creates a reporter.
   *
   * @param instances the number of instances
   * @param idWidth the length of the longest id, with its target if there are several
   * @param severalTargets whether there are
   */
  public ConsoleReporter(
      Terminal terminal,
      OutputArguments options,
      int instances,
      int idWidth,
      boolean severalTargets,
      Pace pace,
      Function<OutcomeLine, InstanceLabel> labels,
      Consumer<OutcomeLine> sink,
      Scheduler scheduler) {
    this(
        terminal,
        options,
        new OutcomeCounts(instances),
        idWidth,
        severalTargets,
        pace,
        labels,
        sink,
        scheduler);
  }

  /** Creates a reporter that counts in {@code counts}. */
  public ConsoleReporter(
      Terminal terminal,
      OutputArguments options,
      OutcomeCounts counts,
      int idWidth,
      boolean severalTargets,
      Pace pace,
      Function<OutcomeLine, InstanceLabel> labels,
      Consumer<OutcomeLine> sink,
      Scheduler scheduler) {
    this.terminal = terminal;
    this.options = options;
    this.counts = counts;
    this.sink = sink;
    boolean live =
        !options.quiet
            && !options.verbose
            && terminal.isTerminal(Terminal.Stream.STDERR)
            && terminal.isForeground()
            && !"dumb".equals(terminal.env("TERM"))
            && !isSet(terminal.env("CI"));
    this.problemsOnly =
        live && counts.instances() > FEW && terminal.isTerminal(Terminal.Stream.STDOUT);
    this.labels = labels;
    this.format =
        new OutcomeFormat(options.format, Math.min(MAX_ID_WIDTH, idWidth), severalTargets);
    Pace shownPace = shown(pace);
    if (options.quiet) {
      this.progress = Progress.NONE;
    } else if (live) {
      this.progress = new LiveLine(counts, shownPace, terminal, scheduler);
    } else {
      this.progress =
          new PlainProgress(counts, shownPace, options.progressInterval, terminal.err(), scheduler);
    }
  }

  // A log of a build server keeps every redrawn line.
  private static boolean isSet(@Nullable String variable) {
    return variable != null && !variable.isEmpty() && !variable.equalsIgnoreCase("false");
  }

  private Pace shown(Pace pace) {
    return new Pace() {
      @Override
      public String text() {
        return describe(pace.text());
      }

      @Override
      public long waiting() {
        return pace.waiting();
      }

      @Override
      public String pause() {
        return pause.get();
      }

      @Override
      public boolean starts() {
        return pace.starts();
      }

      @Override
      public boolean silent() {
        return pace.silent();
      }
    };
  }

  private String describe(String pace) {
    return (paused ? "paused" : "") + (paused && !pace.isEmpty() ? ", " : "") + pace;
  }

  /** Returns why stdout takes no more outcomes. */
  public String outFailure() {
    String failure = terminal.outFailure();
    return failure == null || failure.equals(BROKEN_PIPE)
        ? "The output was closed"
        : "stdout cannot be written (" + TerminalText.escape(failure) + ")";
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
    boolean isForPeople =
        options.format == OutputFormat.TEXT || options.format == OutputFormat.TABLE;
    if (!isForPeople || (!options.quiet && isShown(outcome))) {
      print(outcome);
    } else if (problemsOnly) {
      unlisted++;
    }
    return !terminal.out().checkError();
  }

  /** Counts an outcome that an earlier process of the run has printed. */
  public void reportBefore(OutcomeLine outcome) {
    counts.countBefore(outcome);
    sink.accept(outcome);
  }

  private void print(OutcomeLine outcome) {
    if (!headed) {
      headed = true;
      printIfPresent(format.header());
    }
    printIfPresent(format.line(outcome, labels.apply(outcome)));
  }

  private void printIfPresent(@Nullable String line) {
    if (line != null) {
      progress.print(terminal.out(), line);
    }
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
    onPauseChanged();
  }

  /** Shows what the run waits for between its waves, until the text is empty. */
  public void showPause(Supplier<String> text) {
    this.pause = text;
    onPauseChanged();
  }

  private void onPauseChanged() {
    counts.pause(asking || paused || !pause.get().isEmpty());
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

  /** Prints a question, and hides the progress until {@link #endPrompt}. */
  public void prompt(String question) {
    asking = true;
    counts.pause(true);
    progress.hold(true);
    terminal.err().print(question);
    terminal.err().flush();
  }

  /** Shows the progress again. */
  public void endPrompt() {
    asking = false;
    onPauseChanged();
    progress.hold(false);
  }

  /** Ends the progress. */
  public void end() {
    progress.close();
  }

  /** Prints the summary, unless {@code --quiet} is given and every instance succeeded. */
  public void summarize(ExitCode exitCode, List<String> summary) {
    if (!options.quiet || exitCode != ExitCode.SUCCESS) {
      summary.forEach(line -> Progress.NONE.print(terminal.err(), line));
    }
    if (unlisted > 0) {
      Progress.NONE.print(
          terminal.err(),
          "A terminal lists the instances that failed; to list all, redirect stdout to a file, or use"
              + " --report or fleetstop show with the journal");
    }
  }
}
