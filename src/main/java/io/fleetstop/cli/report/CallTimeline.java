package io.fleetstop.cli.report;

import io.fleetstop.cli.report.Timeline.Bucket;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;
import reactor.util.context.ContextView;

/**
 * Hears when the requests of one action end, and keeps how many did so over time beside the rate
 * they were limited to. A request counts when its answer comes, since only then is it known to have
 * been sent, and what the quota made of it.
 */
public final class CallTimeline implements CallListener {

  private final String action;
  private final DoubleSupplier rate;
  private final Scheduler scheduler;
  private final Buckets buckets = new Buckets();
  private final Queue<Runnable> waiting = Queues.<Runnable>unboundedMultiproducer().get();
  private final AtomicInteger pending = new AtomicInteger();
  private volatile long startNanos;

  /**
   * A timeline that starts now.
   *
   * @param action the action whose calls count
   * @param rate reads the rate that they are limited to, per second
   * @param scheduler tells the time
   */
  public CallTimeline(String action, DoubleSupplier rate, Scheduler scheduler) {
    this.action = action;
    this.rate = rate;
    this.scheduler = scheduler;
    this.startNanos = now();
  }

  /** Starts the time anew: what comes before the run does not count to it. */
  public void restart() {
    startNanos = now();
  }

  @Override
  public void attemptFailed(String called, int attempt, EcsException failure, ContextView context) {
    if (!called.equals(action) || failure.delivery() == Delivery.NOT_SENT) {
      return;
    }
    if (failure.category() == Category.THROTTLED) {
      add(0, 1, 0);
    } else if (failure.httpStatus() == null) {
      add(0, 0, 1);
    } else {
      add(1, 0, 0);
    }
  }

  @Override
  public void callSucceeded(String called, int attempts, Duration elapsed, ContextView context) {
    if (called.equals(action)) {
      add(1, 0, 0);
    }
  }

  private void add(int granted, int refused, int lost) {
    double reading = rate.getAsDouble();
    Bucket event = new Bucket(granted, refused, lost, Double.isFinite(reading) ? reading : null);
    long millis = Math.max(0, TimeUnit.NANOSECONDS.toMillis(now() - startNanos));
    serially(() -> buckets.add(millis, event));
  }

  /** What was heard until now. Waits for another thread that is adding to it. */
  Timeline timeline() {
    CompletableFuture<Timeline> timeline = new CompletableFuture<>();
    serially(() -> timeline.complete(buckets.timeline()));
    return timeline.join();
  }

  // Whoever finds nobody at work does the work of all who come meanwhile; nobody waits.
  private void serially(Runnable work) {
    waiting.offer(work);
    if (pending.getAndIncrement() != 0) {
      return;
    }
    do {
      Runnable next = waiting.poll();
      if (next != null) {
        next.run();
      }
    } while (pending.decrementAndGet() != 0);
  }

  private long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }
}
