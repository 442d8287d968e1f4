package io.fleetstop.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * What is typed while a run goes on, line by line. Only what has been typed is read, never waited
 * for: nothing is swallowed that comes after the end, and no reader outlives it.
 */
final class CommandReader implements AutoCloseable {

  static final Duration PERIOD = Duration.ofMillis(100);

  private static final int MAX_LINE = 200;

  private final InputStream in;
  private final Consumer<String> lines;
  private final StringBuilder line = new StringBuilder();
  private final Disposable.Swap timer = Disposables.swap();

  /** Passes on lines once it is started. */
  CommandReader(InputStream in, Consumer<String> lines) {
    this.in = in;
    this.lines = lines;
  }

  /** Starts to listen, on a thread of {@code scheduler}, which may block. */
  void listen(Scheduler scheduler) {
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
