package io.fleetstop.cli.run;

import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.ShutdownProgress;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import picocli.CommandLine.TypeConversionException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Executes typed commands on a run, and confirms each. */
public final class InteractiveCommands {

  /** The commands, for messages. */
  static final String COMMANDS = "pause, resume, rate N, drain, help";

  private final RunHandle run;
  private final boolean adaptive;
  private final DoubleConsumer rate;
  private final ConsoleReporter reporter;
  private final Runnable end;

  /**
   * Creates the controls of a run.
   *
   * @param adaptive whether the rate is the upper bound of an adaptive one
   * @param rate changes the rate
   * @param end drains the run and prints a note
   */
  public InteractiveCommands(
      RunHandle run,
      boolean adaptive,
      DoubleConsumer rate,
      ConsoleReporter reporter,
      Runnable end) {
    this.run = run;
    this.adaptive = adaptive;
    this.rate = rate;
    this.reporter = reporter;
    this.end = end;
  }

  /** Executes a typed line. */
  public void execute(String line) {
    String[] words = line.strip().toLowerCase(Locale.ROOT).split("\\s+", -1);
    if (words.length == 2 && words[0].equals("rate")) {
      changeRate(words[1]);
      return;
    }
    String command = words.length == 1 ? words[0] : line;
    if ((command.equals("pause") || command.equals("resume")) && isDraining()) {
      reporter.note("The run is draining: no new calls are sent.");
      return;
    }
    switch (command) {
      case "" -> {}
      case "pause" -> {
        run.pause();
        reporter.showPaused(true);
        reporter.note("Paused: no calls are sent until you type resume; calls in flight finish.");
      }
      case "resume" -> {
        run.resume();
        reporter.showPaused(false);
        reporter.note("Resumed.");
      }
      case "drain" -> end.run();
      case "help" ->
          reporter.note(
              "pause: send no new calls; resume: continue; rate N: "
                  + (adaptive ? "at most " : "")
                  + "N stop calls per second; drain: send no new calls, and finish");
      default ->
          reporter.note(
              "Unknown command: "
                  + TerminalText.escape(line.strip())
                  + ". Use one of: "
                  + COMMANDS);
    }
  }

  private boolean isDraining() {
    ShutdownProgress.State state = run.progress().state();
    return state == ShutdownProgress.State.DRAINING || state == ShutdownProgress.State.TERMINATED;
  }

  private void changeRate(String number) {
    try {
      double wanted = new Converters.Rate().convert(number);
      rate.accept(wanted);
      reporter.note(
          "The rate is now "
              + (adaptive ? "at most " : "")
              + TerminalText.rate(wanted)
              + (adaptive ? ", as far as the service grants it." : "."));
    } catch (TypeConversionException e) {
      reporter.note("rate " + TerminalText.escape(String.valueOf(e.getMessage())));
    }
  }

  /**
   * Reads typed commands line by line. Only available input is read, without blocking: input after
   * the end of the run stays with the shell, and no reader outlives the run. An answer is waited
   * for, because the end of the input, as by Ctrl-D, never becomes available.
   */
  public static final class CommandReader implements AutoCloseable {

    static final Duration PERIOD = Duration.ofMillis(100);

    private static final int MAX_LINE = 200;

    /** How often a terminal may fail in the foreground before it counts as closed. */
    private static final int MAX_FAILURES = 3;

    private final Terminal terminal;
    private final Consumer<String> lines;
    private final StringBuilder line = new StringBuilder();
    private final Disposable.Swap timer = Disposables.swap();
    private boolean waiting;
    private int failures;

    /**
     * Performs {@code run}, and reads commands meanwhile if the user wants to type some and can.
     *
     * @param wanted whether {@code --interactive} is given
     * @param notes receives why nothing is read
     */
    public static <T> T during(
        Terminal terminal,
        boolean wanted,
        Consumer<String> notes,
        Consumer<String> commands,
        Supplier<T> run) {
      try (CommandReader reader = new CommandReader(terminal, commands)) {
        if (wanted && isReadable(terminal, notes)) {
          reader.listen(Schedulers.boundedElastic());
        }
        return run.get();
      }
    }

    private static boolean isReadable(Terminal terminal, Consumer<String> notes) {
      boolean typed = terminal.isTerminal(Terminal.Stream.STDIN);
      if (typed && terminal.isForeground()) {
        return true;
      }
      notes.accept(
          typed
              ? "--interactive has no effect in the background; the run continues without commands"
              : "--interactive has no effect, because stdin is not a terminal; the run continues "
                  + "without commands");
      return false;
    }

    /** Creates a reader, which emits lines once it is started. */
    public CommandReader(Terminal terminal, Consumer<String> lines) {
      this.terminal = terminal;
      this.lines = lines;
    }

    /** Starts to read, on a thread of {@code scheduler}, which may block. */
    public void listen(Scheduler scheduler) {
      timer.update(Flux.interval(PERIOD, scheduler).subscribe(tick -> read()));
    }

    /** Starts to wait for an answer, on a thread of {@code scheduler}; the end of input is one. */
    public void awaitAnswer(Scheduler scheduler) {
      waiting = true;
      listen(scheduler);
    }

    private void read() {
      InputStream in = terminal.in();
      try {
        // A run that was put into the background leaves the terminal to the shell.
        while (!timer.isDisposed() && isInForeground() && (waiting || in.available() > 0)) {
          int next = in.read();
          failures = 0;
          // Ctrl-D ends a line, as Enter does; on an empty one it is the end of the input.
          if (next == '\n' || next < 0) {
            endLine(next);
            String text = line.toString();
            line.setLength(0);
            lines.accept(text);
          } else if (line.length() < MAX_LINE) {
            line.append((char) next);
          }
        }
      } catch (IOException e) {
        // A read that the background interrupts is repeated in the foreground; no input follows
        // from
        // a terminal that was closed.
        failures++;
        if (!waiting || failures > MAX_FAILURES) {
          timer.dispose();
          endOfInput();
        }
      }
    }

    private boolean isInForeground() {
      boolean foreground = terminal.isForeground();
      failures = foreground ? failures : 0;
      return foreground;
    }

    // Ctrl-D leaves the cursor behind the question.
    private void endLine(int last) {
      if (waiting && last < 0) {
        terminal.err().print("\n");
      }
    }

    private void endOfInput() {
      if (waiting) {
        lines.accept("");
      }
    }

    @Override
    public void close() {
      timer.dispose();
    }
  }
}
