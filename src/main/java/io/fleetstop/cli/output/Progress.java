package io.fleetstop.cli.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** Shows the progress of a run on stderr. */
public interface Progress extends AutoCloseable {

  /** Shows nothing, and prints above the live line of the stream if there is one. */
  Progress NONE =
      new Progress() {
        @Override
        public void update() {}

        @Override
        public void hold(boolean held) {}

        @Override
        public void print(PrintStream stream, String line) {
          LiveLine live = LiveLine.SHOWN.get();
          if (live != null && live.err == stream) {
            live.print(stream, line);
          } else {
            write(stream, line);
          }
        }

        @Override
        public void close() {}
      };

  /** The pace of a run without calls. */
  Pace NO_PACE =
      new Pace() {
        @Override
        public String text() {
          return "";
        }

        @Override
        public long waiting() {
          return 0;
        }
      };

  /** The period of the live line: often enough to be read, and without flicker. */
  Duration LINE_PERIOD = Duration.ofMillis(250);

  /** How often a silence of the service is checked for. */
  Duration SILENCE_PERIOD = Duration.ofSeconds(1);

  /** Before that, a rate says little about the time left. */
  Duration MIN_ELAPSED = Duration.ofSeconds(2);

  /** Handles a change that must be shown at once. */
  void update();

  /** Shows nothing while {@code held}, so that a question stays in view. */
  void hold(boolean held);

  /** Prints a line to a stream without mixing it with the progress. */
  void print(PrintStream stream, String line);

  @Override
  void close();

  private static void write(PrintStream stream, String line) {
    stream.print(line + "\n");
    stream.flush();
  }

  /** What a progress line shows beside the counts. */
  interface Pace {

    /** Returns how the run is paced, for example the quota that was found; may be empty. */
    String text();

    /** Returns the number of accepted instances that are not yet known to be stopped. */
    long waiting();

    /** Whether the run starts instances. */
    default boolean starts() {
      return false;
    }

    /** Returns what the run waits for between its waves; empty while it calls. */
    default String pause() {
      return "";
    }

    /** Whether the service has not replied for some time. */
    default boolean silent() {
      return false;
    }
  }

  /**
   * Returns the parts of a progress line, the most important first: done of total, per cent, rate
   * or pause between waves, failures, instances that wait for STOPPED, time left, pace.
   */
  static List<String> parts(OutcomeCounts counts, Pace pace) {
    List<String> parts = new ArrayList<>();
    long done = counts.done();
    long all = counts.instances();
    parts.add(
        TerminalText.count(done)
            + "/"
            + TerminalText.count(all)
            + " done ("
            + (all == 0 ? 100 : 100 * done / all)
            + "%)");
    String pause = pace.pause();
    // A rate would be that of the time before the pause, and so would the time left.
    parts.add(pause.isEmpty() ? TerminalText.rate(counts.doneNow(), counts.active()) : pause);
    if (counts.problems() > 0) {
      parts.add(TerminalText.count(counts.problems()) + " failed or unconfirmed");
    }
    if (pace.waiting() > 0) {
      parts.add(
          TerminalText.count(pace.waiting())
              + " waiting for "
              + (pace.starts() ? "RUNNING" : "STOPPED"));
    }
    // At the last outcome, because the estimate would grow with each second of a backoff.
    timeLeft(counts.doneNow(), all - counts.before(), counts.activeAtLast())
        .filter(left -> !counts.isPaused() && pause.isEmpty() && !pace.silent())
        .ifPresent(left -> parts.add("about " + left + " left"));
    if (!pace.text().isEmpty()) {
      parts.add(pace.text());
    }
    return parts;
  }

  /** Estimates the time left from the rate so far; empty until a rate can be told. */
  static Optional<String> timeLeft(long done, long all, Duration elapsed) {
    if (done == 0 || done >= all || elapsed.compareTo(MIN_ELAPSED) < 0) {
      return Optional.empty();
    }
    Duration left =
        Duration.ofMillis(Math.round(elapsed.toMillis() * ((double) (all - done) / done)));
    return Optional.of(seconds(left));
  }

  /** Formats the time to an event, in whole seconds. */
  static String seconds(Duration left) {
    return left.toMinutes() < 1 ? Math.max(1, left.toSeconds()) + " s" : TerminalText.time(left);
  }

  /**
   * Prints a progress line at intervals, and when the service falls silent, where stderr is not a
   * terminal.
   */
  static final class PlainProgress implements Progress {

    private final Disposable timer;
    private boolean silent;
    private volatile boolean held;

    /** Starts to print, on a thread of {@code scheduler}. */
    PlainProgress(
        OutcomeCounts tally, Pace pace, Duration period, PrintStream err, Scheduler scheduler) {
      this.timer =
          Flux.merge(
                  Flux.interval(period, scheduler),
                  Flux.interval(SILENCE_PERIOD, scheduler).filter(tick -> fellSilent(pace)))
              .onBackpressureDrop()
              .filter(tick -> !held)
              .subscribe(tick -> NONE.print(err, String.join(", ", parts(tally, pace))));
    }

    private boolean fellSilent(Pace pace) {
      boolean before = silent;
      silent = pace.silent();
      return silent && !before;
    }

    @Override
    public void update() {}

    @Override
    public void hold(boolean held) {
      this.held = held;
    }

    @Override
    public void print(PrintStream stream, String line) {
      NONE.print(stream, line);
    }

    @Override
    public void close() {
      timer.dispose();
    }
  }

  /**
   * The last line of a terminal. Other lines are printed above it. It is redrawn a few times a
   * second at most, and only if it has changed: thousands of outcomes do not make it flicker.
   */
  static final class LiveLine implements Progress {

    // A terminal shows ^C where the line ends; a line that is full would break there.
    private static final int CTRL_C_WIDTH = 3;

    private static final int MIN_WIDTH = 10;
    private static final String STOPPING = "Stopping: ";
    private static final String CLEAR_LINE = "\r\033[K";

    /** The line on the terminal, above which others print. */
    private static final AtomicReference<@Nullable LiveLine> SHOWN = new AtomicReference<>();

    private final OutcomeCounts tally;
    private final Pace pace;
    private final Terminal terminal;
    private final PrintStream err;
    private final Disposable timer;
    private final Runnable restoreResize;
    private final Runnable restoreLog;
    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private volatile int width;
    private String shown = "";
    private boolean held;
    private volatile boolean closed;

    /** Starts to draw, on a thread of {@code scheduler}. */
    LiveLine(OutcomeCounts tally, Pace pace, Terminal terminal, Scheduler scheduler) {
      this.tally = tally;
      this.pace = pace;
      this.terminal = terminal;
      this.err = terminal.err();
      measure();
      this.restoreResize = terminal.onResize(this::measure);
      this.restoreLog = Logging.passTo(this::log);
      SHOWN.set(this);
      this.timer =
          Flux.interval(Duration.ZERO, LINE_PERIOD, scheduler)
              .onBackpressureDrop()
              .subscribe(tick -> update());
    }

    private void measure() {
      width = Math.max(MIN_WIDTH, terminal.columns() - CTRL_C_WIDTH);
    }

    /** Draws the line if it has changed. */
    @Override
    public synchronized void update() {
      printLogged();
      String line = fitting(pace.starts() ? "Starting: " : STOPPING, parts(tally, pace), width);
      if (!closed && !held && !line.equals(shown) && terminal.isForeground()) {
        shown = line;
        err.print(CLEAR_LINE + line);
        err.flush();
      }
    }

    // The thread of a connection logs, and must not wait for the reader of a line on stdout.
    private void log(String line) {
      logged.add(line);
      if (closed) {
        printLogged();
      }
    }

    private synchronized void printLogged() {
      for (String line = held && !closed ? null : logged.poll();
          line != null;
          line = logged.poll()) {
        print(err, line);
      }
    }

    @Override
    public synchronized void hold(boolean held) {
      this.held = held;
      if (held && !closed && !shown.isEmpty() && terminal.isForeground()) {
        shown = "";
        err.print(CLEAR_LINE);
        err.flush();
      }
    }

    /** Returns the first parts that fit into the width. */
    static String fitting(List<String> parts, int width) {
      return fitting(STOPPING, parts, width);
    }

    private static String fitting(String word, List<String> parts, int width) {
      StringBuilder line = new StringBuilder(word).append(parts.get(0));
      for (String part : parts.subList(1, parts.size())) {
        if (line.length() + 2 + part.length() <= width) {
          line.append(", ").append(part);
        }
      }
      return line.length() <= width ? line.toString() : line.substring(0, width);
    }

    @Override
    public synchronized void print(PrintStream stream, String line) {
      // In the background the last line is the shell's.
      boolean isDrawn = !closed && !shown.isEmpty() && terminal.isForeground();
      if (isDrawn) {
        err.print(CLEAR_LINE);
        err.flush();
      }
      write(stream, line);
      if (isDrawn) {
        err.print(shown);
        err.flush();
      }
    }

    @Override
    public synchronized void close() {
      timer.dispose();
      restoreResize.run();
      restoreLog.run();
      SHOWN.compareAndSet(this, null);
      closed = true;
      if (!shown.isEmpty() && terminal.isForeground()) {
        err.print(CLEAR_LINE);
        err.flush();
      }
      printLogged();
    }
  }
}
