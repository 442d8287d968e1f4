package io.fleetstop.cli.run;

import io.fleetstop.cli.output.TerminalText;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import reactor.core.scheduler.Schedulers;

/** Measures how long requests have been waiting without any reply. Safe for concurrent use. */
final class ReplyWatch {

  /** Shorter gaps are usual on a slow line. */
  private static final long NOTEWORTHY_NANOS = Duration.ofSeconds(3).toNanos();

  private final LongSupplier nanos;
  private int waiting;
  private boolean replied = true;
  private long silentSince;

  ReplyWatch() {
    this(() -> Schedulers.parallel().now(TimeUnit.NANOSECONDS));
  }

  ReplyWatch(LongSupplier nanos) {
    this.nanos = nanos;
  }

  synchronized void sent() {
    // A retry of a request that got no reply continues the silence.
    if (waiting++ == 0 && replied) {
      silentSince = nanos.getAsLong();
    }
  }

  synchronized void replied() {
    ended();
    replied = true;
    silentSince = nanos.getAsLong();
  }

  /** A request timed out, or its connection was lost. */
  synchronized void unanswered() {
    ended();
    replied = false;
  }

  private void ended() {
    waiting = Math.max(0, waiting - 1);
  }

  /** Returns how long no reply came, and how many calls wait for one; empty if replies arrive. */
  synchronized String describe() {
    long silent = nanos.getAsLong() - silentSince;
    if ((waiting == 0 && replied) || silent < NOTEWORTHY_NANOS) {
      return "";
    }
    long seconds = Math.round(silent / (double) Duration.ofSeconds(1).toNanos());
    String calls = TerminalText.count(waiting) + (waiting == 1 ? " call" : " calls");
    return "no reply for " + seconds + " s" + (waiting == 0 ? "" : " (" + calls + " waiting)");
  }
}
