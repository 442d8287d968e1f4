package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.Preconditions;
import java.time.Duration;
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
 * A {@link TokenBucket} with a queue of subscribers.
 *
 * <p>Serialised by a drain loop: each event (a new subscriber, a timer, a changed rate) increments
 * {@code wip}, and the thread that found it at zero drains until no event is left. Bucket, queue
 * and timer belong to that thread, so nothing locks, and a subscriber that requests again during
 * its grant is handled by the loop, not by recursion.
 */
final class TokenBucketLimiter implements FixedRateLimiter, RateLimiter.Permit, Waiter.WaitQueue {

  /**
   * While subscribers are queued, a late timer is caught up by at most this much of the rate:
   * enough for a busy machine to use the configured rate.
   */
  private static final double CATCH_UP_SECONDS = 0.05;

  /**
   * Upper bound of the catch-up, in permits: less than the burst of 10 that the service is known to
   * accept.
   */
  private static final double MAX_CATCH_UP = 8;

  /** A timer that is early by less than this is not rescheduled. */
  private static final long WAKE_UP_TOLERANCE_NANOS = 1_000;

  /** Fewer cancelled subscribers than this are removed only when they reach the head. */
  private static final int MIN_CANCELLED_TO_REMOVE = 64;

  private record RateAndBurst(double rate, int burst) {

    /** Returns the capacity of the bucket. */
    double capacity(boolean queued) {
      return queued ? burst + Math.min(MAX_CATCH_UP, rate * CATCH_UP_SECONDS) : burst;
    }
  }

  private final int maxWaiting;
  private final Supplier<Scheduler> schedulers;
  private final Queue<Waiter> arrivals = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();
  private final DeferredFatal fatal = new DeferredFatal();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger cancelledInQueue = new AtomicInteger();
  private final AtomicLong throttled = new AtomicLong();
  private final AtomicLong pausedUntil = new AtomicLong(Long.MIN_VALUE);
  private volatile RateAndBurst configuredRate;

  // Written by the draining thread; gauges read the bucket too.
  private final FairQueue<Waiter> queue = new FairQueue<>(CallFlow.NONE);
  private volatile @Nullable TokenBucket bucket;
  private RateAndBurst appliedRate;
  private @Nullable WakeUp wakeUp;

  TokenBucketLimiter(TokenBucketOptions options) {
    this.maxWaiting = options.maxWaiting();
    this.schedulers = options.scheduler();
    this.configuredRate = new RateAndBurst(options.permitsPerSecond(), options.burst());
    this.appliedRate = configuredRate;
  }

  @Override
  public Mono<Permit> acquire() {
    return Waiter.in(this);
  }

  @Override
  public void changeRate(double permitsPerSecond) {
    configuredRate =
        new RateAndBurst(
            Preconditions.rate("permitsPerSecond", permitsPerSecond), configuredRate.burst);
    drain();
  }

  @Override
  public double rate() {
    return configuredRate.rate;
  }

  @Override
  public int available() {
    TokenBucket known = bucket;
    RateAndBurst current = configuredRate;
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
  public long throttledCount() {
    return throttled.get();
  }

  // The permit. It has no state, so one instance serves all.

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
    // Needs no drain: the next one checks it before granting.
    pausedUntil.accumulateAndGet(
        now + nanos, (known, until) -> isPauseEnd(known, now) ? Math.max(known, until) : until);
  }

  private boolean isPaused(long now) {
    return isPauseEnd(pausedUntil.get(), now);
  }

  /** Whether {@code until} is in the future, and not a value of a replaced clock. */
  private static boolean isPauseEnd(long until, long now) {
    return until > now && until - now <= TokenBucket.MAX_PAUSE_NANOS;
  }

  // The queue.

  @Override
  public void enqueue(Waiter waiter) {
    arrivals.offer(waiter);
    drain();
  }

  /** The entry itself is removed later. */
  @Override
  public void onCancelled() {
    int stale = cancelledInQueue.incrementAndGet();
    int still = waiting.decrementAndGet();
    if (still == 0 || (stale >= MIN_CANCELLED_TO_REMOVE && stale > still)) {
      drain();
    }
  }

  /** Returns the length of the queue, including cancelled entries; for tests. */
  int queueLength() {
    return queue.size();
  }

  private void drain() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      drainOnce();
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
    fatal.rethrow();
  }

  @Override
  public void onFatal(Throwable thrown) {
    fatal.capture(thrown);
  }

  private void drainOnce() {
    Scheduler scheduler = schedulers.get();
    long now = scheduler.now(NANOSECONDS);
    fill(now);
    removeCancelled();
    grantQueued(now);
    admitArrivals(now);
    scheduleWakeUp(scheduler, now);
  }

  private void fill(long now) {
    TokenBucket known = bucket;
    TokenBucket filled =
        known == null
            ? new TokenBucket(appliedRate.burst, now)
            : known.filled(now, appliedRate.rate, appliedRate.capacity(!queue.isEmpty()));
    bucket = isPaused(now) ? filled.paused(pausedUntil.get()) : filled;
    // Until this instant the previous rate applied.
    appliedRate = configuredRate;
  }

  private void removeCancelled() {
    if (cancelledInQueue.get() >= MIN_CANCELLED_TO_REMOVE
        && cancelledInQueue.get() > queue.size() / 2) {
      int before = queue.size();
      queue.removeIf(Waiter::isCancelled);
      cancelledInQueue.addAndGet(queue.size() - before);
    }
  }

  private void grantQueued(long now) {
    for (Waiter head = queue.peek(); head != null; head = queue.peek()) {
      if (head.isCancelled()) {
        queue.poll(false);
        cancelledInQueue.decrementAndGet();
      } else if (isAvailable(now)) {
        if (head.tryTerminate(Waiter.State.QUEUED)) {
          queue.poll(true);
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
      if (queue.isEmpty() && isAvailable(now)) {
        if (next.tryTerminate(Waiter.State.ENQUEUING)) {
          grant(next);
        }
      } else if (waiting.get() >= maxWaiting) {
        if (next.tryTerminate(Waiter.State.ENQUEUING)) {
          next.fail(queueFull());
        }
      } else {
        // Counted first, since a cancel after queueing decrements the count.
        waiting.incrementAndGet();
        if (next.tryEnqueue()) {
          queue.add(next.flow(), next);
        } else {
          waiting.decrementAndGet();
        }
      }
    }
  }

  private boolean isAvailable(long now) {
    TokenBucket known = bucket;
    // A subscriber granted in this round may have reported a Retry-After.
    return known != null && known.available(now) > 0 && !isPaused(now);
  }

  private void grant(Waiter waiter) {
    TokenBucket known = bucket;
    if (known != null) {
      bucket = known.taken();
    }
    waiter.grant(this);
  }

  private EcsException queueFull() {
    return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
        .detail("maxWaiting = " + maxWaiting + " callers are queued for a permit already")
        .build();
  }

  // The timer: at most one, for the head of the queue.

  private void scheduleWakeUp(Scheduler scheduler, long now) {
    TokenBucket known = bucket;
    if (queue.isEmpty() || known == null) {
      cancelWakeUp();
      return;
    }
    TokenBucket next = isPaused(now) ? known.paused(pausedUntil.get()) : known;
    long wait = next.nanosUntilAvailable(now, appliedRate.rate);
    WakeUp armed = wakeUp;
    if (armed != null && !armed.fired && armed.dueNanos - now - wait <= WAKE_UP_TOLERANCE_NANOS) {
      return;
    }
    cancelWakeUp();
    WakeUp renewed = new WakeUp(now + wait);
    wakeUp = renewed;
    try {
      renewed.timer = scheduler.schedule(renewed, wait, NANOSECONDS);
    } catch (RejectedExecutionException rejected) {
      wakeUp = null;
      failQueued(rejected);
    }
  }

  private void cancelWakeUp() {
    WakeUp armed = wakeUp;
    if (armed != null) {
      wakeUp = null;
      armed.dispose();
    }
  }

  /** Without a timer the queue would never be granted a permit. */
  private void failQueued(RejectedExecutionException rejected) {
    for (Waiter head = queue.poll(true); head != null; head = queue.poll(true)) {
      if (head.tryTerminate(Waiter.State.QUEUED)) {
        waiting.decrementAndGet();
        head.fail(rejected);
      } else {
        cancelledInQueue.decrementAndGet();
      }
    }
  }

  private final class WakeUp implements Runnable {

    private final long dueNanos;
    private volatile boolean fired;
    private @Nullable Disposable timer;

    WakeUp(long dueNanos) {
      this.dueNanos = dueNanos;
    }

    @Override
    public void run() {
      fired = true;
      drain();
    }

    void dispose() {
      if (timer != null && !fired) {
        timer.dispose();
      }
    }
  }
}
