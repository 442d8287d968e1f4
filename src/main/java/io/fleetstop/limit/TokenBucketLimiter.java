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
  private static final long WAKE_UP_TOLERANCE_NANOS = 1_000;

  /** Below this many, those who left stay in the line until it comes to them. */
  private static final int MIN_CANCELLED_TO_REMOVE = 64;

  private record RateAndBurst(double rate, int burst) {

    /** How many permits may be in hand. */
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

  // Written by the one that serves; the bucket is read by gauges too.
  private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
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
    configuredRate = new RateAndBurst(Preconditions.rate("permitsPerSecond", permitsPerSecond), configuredRate.burst);
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
  public void enqueue(Waiter waiter) {
    arrivals.offer(waiter);
    drain();
  }

  /** Somebody in the line has cancelled; the place itself is taken out later. */
  @Override
  public void cancelledInQueue() {
    int stale = cancelledInQueue.incrementAndGet();
    int still = waiting.decrementAndGet();
    if (still == 0 || (stale >= MIN_CANCELLED_TO_REMOVE && stale > still)) {
      drain();
    }
  }

  /** How many places the line holds on to, those who left included; for tests. */
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
    // Up to here the rate was the one before.
    appliedRate = configuredRate;
  }

  private void removeCancelled() {
    if (cancelledInQueue.get() >= MIN_CANCELLED_TO_REMOVE && cancelledInQueue.get() > queue.size() / 2) {
      int before = queue.size();
      queue.removeIf(Waiter::isCancelled);
      cancelledInQueue.addAndGet(queue.size() - before);
    }
  }

  private void grantQueued(long now) {
    for (Waiter head = queue.peek(); head != null; head = queue.peek()) {
      if (head.isCancelled()) {
        queue.poll();
        cancelledInQueue.decrementAndGet();
      } else if (isAvailable(now)) {
        if (head.tryTerminate(Waiter.State.QUEUED)) {
          queue.poll();
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
        // Counted first: once it is in the line it may leave, which counts it out.
        waiting.incrementAndGet();
        if (next.tryEnqueue()) {
          queue.add(next);
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
    waiter.grant(this);
  }

  private EcsException queueFull() {
    return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
        .detail("maxWaiting = " + maxWaiting + " callers wait for a permit already")
        .build();
  }

  // The alarm: one at most, and only for the head of the line.

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

  /** Without a timer nobody in the line would ever be granted anything. */
  private void failQueued(RejectedExecutionException rejected) {
    for (Waiter head = queue.poll(); head != null; head = queue.poll()) {
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
