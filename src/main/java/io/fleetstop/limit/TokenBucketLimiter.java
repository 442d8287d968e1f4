package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A {@link TokenBucket} with a waiting line before it.
 *
 * <p>Whoever has news (an arrival, an alarm, another rate) adds to {@code work}, and the one that
 * found it at zero serves the line until nobody has added to it. The bucket, the line and the alarm
 * belong to that one, so that nothing here locks, and a grant whose receiver asks again at once is
 * served by the loop rather than by recursion.
 */
final class TokenBucketLimiter implements FixedRateLimiter, RateLimiter.Permit, Waiter.WaitQueue {

  /**
   * While somebody waits, this much of the rate is made up for after a late alarm: enough for a
   * busy machine to use the rate it was given ...
   */
  private static final double CATCH_UP_SECONDS = 0.05;

  /** ... but no more than a service's burst, of 10 where it is known, takes without refusing. */
  private static final double MAX_CATCH_UP = 8;

  /** An alarm that is early by less than this is not worth another one. */
  private static final long ALARM_TOLERANCE_NANOS = 1_000;

  /** Below this many, those who left stay in the line until it comes to them. */
  private static final int SWEEP_FROM = 64;

  private record Pace(double rate, int burst) {

    /** How many permits may be in hand. */
    double capacity(boolean waitedFor) {
      return waitedFor ? burst + Math.min(MAX_CATCH_UP, rate * CATCH_UP_SECONDS) : burst;
    }
  }

  private final int maxWaiting;
  private final Supplier<Scheduler> schedulers;
  private final Queue<Waiter> arrivals = new ConcurrentLinkedQueue<>();
  private final AtomicInteger work = new AtomicInteger();
  private final DeferredFatal fatal = new DeferredFatal();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicLong throttled = new AtomicLong();
  private final AtomicLong pausedUntil = new AtomicLong(Long.MIN_VALUE);
  private volatile Pace pace;

  // Written by the one that serves; the bucket is read by gauges too.
  private final ArrayDeque<Waiter> line = new ArrayDeque<>();
  private volatile @Nullable TokenBucket bucket;
  private Pace pacedBy;
  private @Nullable WakeUp alarm;

  TokenBucketLimiter(TokenBucketOptions options) {
    this.maxWaiting = options.maxWaiting();
    this.schedulers = options.scheduler();
    this.pace = new Pace(options.permitsPerSecond(), options.burst());
    this.pacedBy = pace;
  }

  @Override
  public Mono<Permit> acquire() {
    return Waiter.in(this);
  }

  @Override
  public void changeRate(double permitsPerSecond) {
    pace = new Pace(Preconditions.rate("permitsPerSecond", permitsPerSecond), pace.burst);
    serve();
  }

  @Override
  public double rate() {
    return pace.rate;
  }

  @Override
  public int available() {
    TokenBucket known = bucket;
    Pace current = pace;
    if (known == null) {
      return current.burst;
    }
    long now = schedulers.get().now(NANOSECONDS);
    return waiting() > 0 || isPaused(now)
        ? 0
        : known.filled(now, current.rate, current.burst).available(now);
  }

  @Override
  public int waiting() {
    return waiting.get();
  }

  @Override
  public long throttled() {
    return throttled.get();
  }

  // The permit. It has no state of its own, so there is one for all.

  @Override
  public void succeeded() {}

  @Override
  public void throttled(@Nullable Duration retryAfter) {
    throttled.incrementAndGet();
    if (retryAfter != null && !retryAfter.isNegative() && !retryAfter.isZero()) {
      pause(retryAfter);
    }
  }

  @Override
  public void ignored() {}

  private void pause(Duration hint) {
    boolean longest = hint.compareTo(Duration.ofNanos(TokenBucket.MAX_PAUSE_NANOS)) > 0;
    long nanos = longest ? TokenBucket.MAX_PAUSE_NANOS : hint.toNanos();
    long now = schedulers.get().now(NANOSECONDS);
    // Nobody needs to serve for this: whoever serves next looks at it before granting anything.
    pausedUntil.accumulateAndGet(
        now + nanos, (known, until) -> isPauseEnd(known, now) ? Math.max(known, until) : until);
  }

  private boolean isPaused(long now) {
    return isPauseEnd(pausedUntil.get(), now);
  }

  /** Whether {@code until} is ahead, and not the leftover of another clock. */
  private static boolean isPauseEnd(long until, long now) {
    return until > now && until - now <= TokenBucket.MAX_PAUSE_NANOS;
  }

  // The waiting line.

  @Override
  public void arrive(Waiter waiter) {
    arrivals.offer(waiter);
    serve();
  }

  /** Somebody in the line has cancelled; the place itself is taken out later. */
  @Override
  public void left() {
    int stale = left.incrementAndGet();
    int still = waiting.decrementAndGet();
    if (still == 0 || (stale >= SWEEP_FROM && stale > still)) {
      serve();
    }
  }

  /** How many places the line holds on to, those who left included; for tests. */
  int lineLength() {
    return line.size();
  }

  private void serve() {
    if (work.getAndIncrement() != 0) {
      return;
    }
    int done = 1;
    do {
      serveOnce();
      done = work.addAndGet(-done);
    } while (done != 0);
    fatal.rethrow();
  }

  @Override
  public void failed(Throwable thrown) {
    fatal.keep(thrown);
  }

  private void serveOnce() {
    Scheduler scheduler = schedulers.get();
    long now = scheduler.now(NANOSECONDS);
    fill(now);
    sweep();
    grantLine(now);
    admitArrivals(now);
    arm(scheduler, now);
  }

  private void fill(long now) {
    TokenBucket known = bucket;
    TokenBucket filled =
        known == null
            ? new TokenBucket(pacedBy.burst, now)
            : known.filled(now, pacedBy.rate, pacedBy.capacity(!line.isEmpty()));
    bucket = isPaused(now) ? filled.paused(pausedUntil.get()) : filled;
    // Up to here the rate was the one before.
    pacedBy = pace;
  }

  private void sweep() {
    if (left.get() >= SWEEP_FROM && left.get() > line.size() / 2) {
      int before = line.size();
      line.removeIf(Waiter::isCancelled);
      left.addAndGet(line.size() - before);
    }
  }

  private void grantLine(long now) {
    for (Waiter head = line.peek(); head != null; head = line.peek()) {
      if (head.isCancelled()) {
        line.poll();
        left.decrementAndGet();
      } else if (isAvailable(now)) {
        if (head.end(Waiter.State.WAITING)) {
          line.poll();
          waiting.decrementAndGet();
          grant(head);
        }
      } else {
        return;
      }
    }
  }

  private void admitArrivals(long now) {
    for (Waiter next = arrivals.poll(); next != null; next = arrivals.poll()) {
      if (line.isEmpty() && isAvailable(now)) {
        if (next.end(Waiter.State.ARRIVING)) {
          grant(next);
        }
      } else if (waiting.get() >= maxWaiting) {
        if (next.end(Waiter.State.ARRIVING)) {
          next.failed(full());
        }
      } else {
        // Counted first: once it is in the line it may leave, which counts it out.
        waiting.incrementAndGet();
        if (next.lineUp()) {
          line.add(next);
        } else {
          waiting.decrementAndGet();
        }
      }
    }
  }

  private boolean isAvailable(long now) {
    TokenBucket known = bucket;
    // A receiver served in this same round may have brought a hint to wait.
    return known != null && known.available(now) > 0 && !isPaused(now);
  }

  private void grant(Waiter waiter) {
    TokenBucket known = bucket;
    if (known != null) {
      bucket = known.taken();
    }
    waiter.granted(this);
  }

  private EcsException full() {
    return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
        .detail("maxWaiting = " + maxWaiting + " callers wait for a permit already")
        .build();
  }

  // The alarm: one at most, and only for the head of the line.

  private void arm(Scheduler scheduler, long now) {
    TokenBucket known = bucket;
    if (line.isEmpty() || known == null) {
      disarm();
      return;
    }
    TokenBucket next = isPaused(now) ? known.paused(pausedUntil.get()) : known;
    long wait = next.nanosUntilAvailable(now, pacedBy.rate);
    WakeUp armed = alarm;
    if (armed != null && !armed.rung && armed.dueNanos - now - wait <= ALARM_TOLERANCE_NANOS) {
      return;
    }
    disarm();
    WakeUp renewed = new WakeUp(now + wait);
    alarm = renewed;
    try {
      renewed.timer = scheduler.schedule(renewed, wait, NANOSECONDS);
    } catch (RejectedExecutionException rejected) {
      alarm = null;
      failLine(rejected);
    }
  }

  private void disarm() {
    WakeUp armed = alarm;
    if (armed != null) {
      alarm = null;
      armed.dispose();
    }
  }

  /** Without a timer nobody in the line would ever be granted anything. */
  private void failLine(RejectedExecutionException rejected) {
    for (Waiter head = line.poll(); head != null; head = line.poll()) {
      if (head.end(Waiter.State.WAITING)) {
        waiting.decrementAndGet();
        head.failed(rejected);
      } else {
        left.decrementAndGet();
      }
    }
  }

  private final class WakeUp implements Runnable {

    private final long dueNanos;
    private volatile boolean rung;
    private @Nullable Disposable timer;

    WakeUp(long dueNanos) {
      this.dueNanos = dueNanos;
    }

    @Override
    public void run() {
      rung = true;
      serve();
    }

    void dispose() {
      if (timer != null && !rung) {
        timer.dispose();
      }
    }
  }
}
