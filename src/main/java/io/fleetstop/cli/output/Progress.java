package io.fleetstop.cli.output;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** Shows the progress of a run on stderr. */
public interface Progress extends AutoCloseable {

  /** Shows nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void update() {}

        @Override
        public void print(PrintStream stream, String line) {
          stream.print(line + "\n");
          stream.flush();
        }

        @Override
        public void close() {}
      };

  /** Handles a change of the counts. */
  void update();

  /** Prints a line to a stream without mixing it with the progress. */
  void print(PrintStream stream, String line);

  @Override
  void close();

  /** Prints a progress line at intervals, where stderr is not a terminal. */
  static final class PlainProgress implements Progress {

    static final Duration PERIOD = Duration.ofSeconds(5);

    private final Disposable timer;

    /** Starts to print, on a thread of {@code scheduler}. */
    PlainProgress(
        OutcomeCounts tally, Supplier<String> pace, PrintStream err, Scheduler scheduler) {
      this.timer =
          Flux.interval(PERIOD, scheduler)
              .onBackpressureDrop()
              .subscribe(tick -> NONE.print(err, describe(tally, pace.get())));
    }

    private static String describe(OutcomeCounts tally, String pace) {
      long problems = tally.problems();
      return TerminalText.count(tally.done())
          + " of "
          + TerminalText.count(tally.instances())
          + " done"
          + (problems == 0 ? "" : ", " + TerminalText.count(problems) + " failed or unconfirmed")
          + ", "
          + TerminalText.rate(tally.done(), tally.elapsed())
          + (pace.isEmpty() ? "" : ", " + pace);
    }

    @Override
    public void update() {}

    @Override
    public void print(PrintStream stream, String line) {
      NONE.print(stream, line);
    }

    @Override
    public void close() {
      timer.dispose();
    }
  }

  /** A bar in the last line of a terminal. Other lines are printed above it. */
  static final class LiveBar implements Progress {

    private static final int UPDATE_MILLIS = 100;
    // A terminal shows ^C where the bar ends; a line that is full would break there.
    private static final int CTRL_C_WIDTH = 3;

    private static final int MIN_WIDTH = 20;
    private static final String CLEAR_LINE = "\r\033[K";

    private final OutcomeCounts tally;
    private final Supplier<String> pace;
    private final LastLine lastLine;
    private final ProgressBar bar;

    LiveBar(OutcomeCounts tally, Supplier<String> pace, Terminal terminal) {
      this.tally = tally;
      this.pace = pace;
      this.lastLine = new LastLine(terminal);
      this.bar =
          ProgressBar.builder()
              .setTaskName("Stopping")
              .setInitialMax(tally.instances())
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .continuousUpdate()
              .clearDisplayOnFinish()
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed(new DecimalFormat("0.0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
              .setConsumer(lastLine)
              .build();
    }

    @Override
    public void update() {
      long problems = tally.problems();
      String text = pace.get();
      bar.setExtraMessage(
          (problems == 0 ? "" : " " + TerminalText.count(problems) + " not confirmed")
              + (text.isEmpty() ? "" : " " + text));
      bar.stepTo(tally.done());
    }

    @Override
    public void print(PrintStream stream, String line) {
      lastLine.above(() -> NONE.print(stream, line));
    }

    @Override
    public void close() {
      bar.close();
      lastLine.close();
    }

    /** The last line of the terminal, which the bar's own thread and others write to. */
    private static final class LastLine implements ProgressBarConsumer {

      private final Terminal terminal;
      private final PrintStream err;
      private final int width;
      private String shown = "";
      private boolean closed;

      LastLine(Terminal terminal) {
        this.terminal = terminal;
        this.err = terminal.err();
        this.width = Math.max(MIN_WIDTH, terminal.columns() - CTRL_C_WIDTH);
      }

      @Override
      public int getMaxRenderedLength() {
        return width;
      }

      @Override
      public synchronized void accept(String rendered) {
        if (!closed) {
          shown = rendered.replace("\r", "");
          draw();
        }
      }

      synchronized void above(Runnable print) {
        if (terminal.isForeground()) {
          err.print(CLEAR_LINE);
          err.flush();
        }
        print.run();
        draw();
      }

      @Override
      public synchronized void clear() {
        shown = "";
        draw();
      }

      // The bar's own thread may write once more after the end.
      @Override
      public synchronized void close() {
        closed = true;
        clear();
      }

      private void draw() {
        // In the background the last line is the shell's.
        if (terminal.isForeground()) {
          err.print(CLEAR_LINE + shown);
          err.flush();
        }
      }
    }
  }
}
