package io.fleetstop.cli.report;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
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

  /** Restarts the time: calls before the run do not count. */
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
    Timeline.Bucket event =
        new Timeline.Bucket(granted, refused, lost, Double.isFinite(reading) ? reading : null);
    long millis = Math.max(0, TimeUnit.NANOSECONDS.toMillis(now() - startNanos));
    drain(() -> buckets.add(millis, event));
  }

  /** What was heard until now. Waits for another thread that is adding to it. */
  Timeline timeline() {
    CompletableFuture<Timeline> timeline = new CompletableFuture<>();
    drain(() -> timeline.complete(buckets.timeline()));
    return timeline.join();
  }

  // Drain loop: the thread that finds the counter at zero processes all pending work; no thread
  // waits.
  private void drain(Runnable work) {
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

  /**
   * How calls went over the time of a run.
   *
   * @param widthMillis how long a bucket is
   * @param buckets what ended in each span of that length, from the start of the run on
   */
  record Timeline(long widthMillis, List<Bucket> buckets) {

    private static final int MAX_READABLE = 120;
    private static final long SECOND = 1_000;

    /** Fewer calls than this make a bar jump up and down although the pace is even. */
    private static final int MIN_READABLE_CALLS = 10;

    /**
     * What ended in a span of time.
     *
     * @param granted calls that the quota let through
     * @param refused calls that were refused because the quota was spent
     * @param lost calls that got no answer
     * @param rate the last reading of the limiter's rate, or {@code null} if nothing ended
     */
    record Bucket(long granted, long refused, long lost, @Nullable Double rate) {

      static final Bucket EMPTY = new Bucket(0, 0, 0, null);

      /** This span and what came later in it, or after it. */
      Bucket plus(Bucket later) {
        return new Bucket(
            granted + later.granted,
            refused + later.refused,
            lost + later.lost,
            later.rate != null ? later.rate : rate);
      }

      long calls() {
        return granted + refused + lost;
      }
    }

    Timeline {
      buckets = List.copyOf(buckets);
    }

    /** The same with half as many buckets, each twice as long. */
    Timeline halved() {
      List<Bucket> pairs = new ArrayList<>((buckets.size() + 1) / 2);
      for (int i = 0; i < buckets.size(); i += 2) {
        Bucket next = i + 1 < buckets.size() ? buckets.get(i + 1) : Bucket.EMPTY;
        pairs.add(buckets.get(i).plus(next));
      }
      return new Timeline(2 * widthMillis, pairs);
    }

    /** The same in as many buckets as can be told apart and mean something. */
    Timeline readable() {
      boolean tooFine =
          widthMillis < SECOND && total().calls() < (long) MIN_READABLE_CALLS * buckets.size();
      return tooFine || buckets.size() > MAX_READABLE ? halved().readable() : this;
    }

    /** All buckets in one. */
    Bucket total() {
      return buckets.stream().reduce(Bucket.EMPTY, Bucket::plus);
    }
  }

  /** A timeline in the making. The longer it gets the coarser it is, so that it stays small. */
  static final class Buckets {

    static final int MAX = 960;

    /** An eighth of a second: doubled a few times, it is a whole one. */
    static final long FIRST_WIDTH_MILLIS = 125;

    private long widthMillis = FIRST_WIDTH_MILLIS;
    private final List<Timeline.Bucket> buckets = new ArrayList<>();

    /** Adds what happened so long after the start. */
    void add(long millis, Timeline.Bucket event) {
      while (millis / widthMillis >= MAX) {
        Timeline coarser = timeline().halved();
        widthMillis = coarser.widthMillis();
        buckets.clear();
        buckets.addAll(coarser.buckets());
      }
      int index = (int) (millis / widthMillis);
      while (buckets.size() <= index) {
        buckets.add(Timeline.Bucket.EMPTY);
      }
      buckets.set(index, buckets.get(index).plus(event));
    }

    Timeline timeline() {
      return new Timeline(widthMillis, buckets);
    }
  }
}
