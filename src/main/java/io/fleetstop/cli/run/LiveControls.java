package io.fleetstop.cli.run;

import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.TypeConversionException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** Does to a running shutdown what is typed, and says so. */
public final class LiveControls {

  /** What can be typed, for the help. */
  static final String COMMANDS = "pause, go, rate N, end, help";

  private final ShutdownRun run;
  private final RunLimits pace;
  private final ConsoleReporter narrator;
  private final Runnable end;

  /**
   * The controls of a run.
   *
   * @param end ends the run, and says so
   */
  public LiveControls(ShutdownRun run, RunLimits pace, ConsoleReporter narrator, Runnable end) {
    this.run = run;
    this.pace = pace;
    this.narrator = narrator;
    this.end = end;
  }

  /** Does what a line says. */
  public void obey(String line) {
    String[] words = line.strip().toLowerCase(Locale.ROOT).split("\\s+", -1);
    if (words.length == 2 && words[0].equals("rate")) {
      changeRate(words[1]);
      return;
    }
    String command = words.length == 1 ? words[0] : line;
    if ((command.equals("pause") || command.equals("go")) && isEnding()) {
      narrator.note("The run is ending: no new calls are sent.");
      return;
    }
    switch (command) {
      case "" -> {}
      case "pause" -> {
        run.pause();
        narrator.paused(true);
        narrator.note("Paused: nothing is called until you type go; calls on the wire end.");
      }
      case "go" -> {
        run.resume();
        narrator.paused(false);
        narrator.note("Going on.");
      }
      case "end" -> end.run();
      case "help" ->
          narrator.note(
              "pause: call no more; go: go on; rate N: "
                  + (pace.isAdaptive() ? "at most " : "")
                  + "N stop calls per second; end: send nothing new, and end");
      default ->
          narrator.note(
              "Not a command: " + TerminalText.escape(line.strip()) + ". There are: " + COMMANDS);
    }
  }

  private boolean isEnding() {
    ShutdownProgress.State state =
        run.progressUpdates().map(ShutdownProgress::state).blockFirst(); // has one at once
    return state == ShutdownProgress.State.DRAINING || state == ShutdownProgress.State.TERMINATED;
  }

  private void changeRate(String number) {
    try {
      double rate = new Converters.Rate().convert(number);
      pace.changeRate(rate);
      narrator.note(
          "From now on "
              + (pace.isAdaptive() ? "at most " : "")
              + TerminalText.rate(rate)
              + (pace.isAdaptive() ? ", as far as the service grants it." : "."));
    } catch (TypeConversionException e) {
      narrator.note("rate " + TerminalText.escape(String.valueOf(e.getMessage())));
    }
  }

  /**
   * What is typed while a run goes on, line by line. Only what has been typed is read, never waited
   * for: nothing is swallowed that comes after the end, and no reader outlives it.
   */
  public static final class CommandReader implements AutoCloseable {

    static final Duration PERIOD = Duration.ofMillis(100);

    private static final int MAX_LINE = 200;

    private final InputStream in;
    private final Consumer<String> lines;
    private final StringBuilder line = new StringBuilder();
    private final Disposable.Swap timer = Disposables.swap();

    /** Passes on lines once it is started. */
    public CommandReader(InputStream in, Consumer<String> lines) {
      this.in = in;
      this.lines = lines;
    }

    /** Starts to listen, on a thread of {@code scheduler}, which may block. */
    public void listen(Scheduler scheduler) {
      timer.update(Flux.interval(PERIOD, scheduler).subscribe(tick -> read()));
    }

    private void read() {
      try {
        while (!timer.isDisposed() && in.available() > 0) {
          int next = in.read();
          if (next == '\n') {
            String text = line.toString();
            line.setLength(0);
            lines.accept(text);
          } else if (line.length() < MAX_LINE) {
            line.append((char) next);
          }
        }
      } catch (IOException e) {
        // A terminal that has gone away types nothing more.
        timer.dispose();
      }
    }

    @Override
    public void close() {
      timer.dispose();
    }
  }
}
