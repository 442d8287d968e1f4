package io.fleetstop.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** A line on stderr now and then, where there is no terminal for a bar. */
final class PlainProgress implements Progress {

  static final Duration PERIOD = Duration.ofSeconds(5);

  private final Disposable timer;

  /** Starts to print, on a thread of {@code scheduler}. */
  PlainProgress(OutcomeCounts tally, Supplier<String> pace, PrintStream err, Scheduler scheduler) {
    this.timer =
        Flux.interval(PERIOD, scheduler)
            .onBackpressureDrop()
            .subscribe(tick -> NONE.print(err, describe(tally, pace.get())));
  }

  private static String describe(OutcomeCounts tally, String pace) {
    long problems = tally.problems();
    return Numbers.count(tally.done())
        + " of "
        + Numbers.count(tally.total())
        + " done"
        + (problems == 0 ? "" : ", " + Numbers.count(problems) + " failed or unconfirmed")
        + ", "
        + Numbers.rate(tally.done(), tally.elapsed())
        + (pace.isEmpty() ? "" : ", " + pace);
  }

  @Override
  public void advance() {}

  @Override
  public void print(PrintStream stream, String line) {
    NONE.print(stream, line);
  }

  @Override
  public void close() {
    timer.dispose();
  }
}
