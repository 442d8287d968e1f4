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
 * Counts the requests of one action over time, with the rate limit at that time. A request is
 * counted when it ends: only then is it known that it was sent, and whether it was throttled.
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
   * Starts a timeline.
   *
   * @param action the action whose requests are counted
   * @param rate returns the current rate limit, per second
   * @param scheduler supplies the time
   */
  public CallTimeline(String action, DoubleSupplier rate, Scheduler scheduler) {
    this.action = action;
    this.rate = rate;
    this.scheduler = scheduler;
    this.startNanos = now();
  }

  /** Restarts the timeline: requests before the run are not counted. */
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

  /** Returns the timeline so far; waits for a thread that is adding to it. */
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
   * The requests of a run over time.
   *
   * @param widthMillis the duration of a bucket
   * @param buckets the requests that ended in each bucket, from the start of the run
   */
  record Timeline(long widthMillis, List<Bucket> buckets) {

    private static final int MAX_READABLE = 120;
    private static final long SECOND = 1_000;

    /** The minimum number of requests in a bucket: fewer show noise although the rate is even. */
    private static final int MIN_READABLE_CALLS = 10;

    /**
     * The requests that ended in a bucket.
     *
     * @param granted the requests that the quota admitted
     * @param refused the requests that were throttled
     * @param lost the requests without a reply
     * @param rate the last rate limit, or {@code null} if no request ended
     */
    record Bucket(long granted, long refused, long lost, @Nullable Double rate) {

      static final Bucket EMPTY = new Bucket(0, 0, 0, null);

      /** Returns the sum of this bucket and a later one. */
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

    /** Returns the timeline with half as many buckets of twice the duration. */
    Timeline halved() {
      List<Bucket> pairs = new ArrayList<>((buckets.size() + 1) / 2);
      for (int i = 0; i < buckets.size(); i += 2) {
        Bucket next = i + 1 < buckets.size() ? buckets.get(i + 1) : Bucket.EMPTY;
        pairs.add(buckets.get(i).plus(next));
      }
      return new Timeline(2 * widthMillis, pairs);
    }

    /** Returns the timeline with as many buckets as a chart can show. */
    Timeline readable() {
      boolean tooFine =
          widthMillis < SECOND && total().calls() < (long) MIN_READABLE_CALLS * buckets.size();
      return tooFine || buckets.size() > MAX_READABLE ? halved().readable() : this;
    }

    /** Returns the sum of all buckets. */
    Bucket total() {
      return buckets.stream().reduce(Bucket.EMPTY, Bucket::plus);
    }
  }

  /** Builds a timeline of bounded size: the longer the run, the longer its buckets. */
  static final class Buckets {

    static final int MAX = 960;

    /** An eighth of a second, which doubles to whole seconds. */
    static final long FIRST_WIDTH_MILLIS = 125;

    private long widthMillis = FIRST_WIDTH_MILLIS;
    private final List<Timeline.Bucket> buckets = new ArrayList<>();

    /** Adds requests that ended this long after the start. */
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
