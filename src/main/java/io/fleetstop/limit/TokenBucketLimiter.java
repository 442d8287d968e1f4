package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A {@link TokenBucket} with a queue of subscribers. */
final class TokenBucketLimiter
    implements FixedRateLimiter, RateLimiter.Permit, PermitQueue.PermitSupply {

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

  private record RateAndBurst(double rate, int burst) {

    /** Returns the capacity of the bucket. */
    double capacity(boolean queued) {
      return queued ? burst + Math.min(MAX_CATCH_UP, rate * CATCH_UP_SECONDS) : burst;
    }
  }

  private final Supplier<Scheduler> schedulers;
  private final PermitQueue queue;
  private final AtomicLong throttled = new AtomicLong();
  private final AtomicLong pausedUntil = new AtomicLong(Long.MIN_VALUE);
  private volatile RateAndBurst configuredRate;

  // Written by the draining thread; gauges read the bucket too.
  private volatile @Nullable TokenBucket bucket;
  private RateAndBurst appliedRate;

  TokenBucketLimiter(TokenBucketOptions options) {
    this.schedulers = options.scheduler();
    this.configuredRate = new RateAndBurst(options.permitsPerSecond(), options.burst());
    this.appliedRate = configuredRate;
    this.queue = new PermitQueue(options.maxWaiting(), schedulers, this);
  }

  @Override
  public Mono<Permit> acquire() {
    return queue.acquire();
  }

  @Override
  public void changeRate(double permitsPerSecond) {
    configuredRate =
        new RateAndBurst(
            Preconditions.rate("permitsPerSecond", permitsPerSecond), configuredRate.burst);
    queue.drain();
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
    return queue.waiting();
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
    long nanos = TokenBucket.pauseNanos(retryAfter);
    if (nanos > 0) {
      pause(nanos);
    }
  }

  @Override
  public void ignored() {}

  private void pause(long nanos) {
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

  // The supply of the queue.

  @Override
  public void refresh(long now, int queued) {
    TokenBucket known = bucket;
    TokenBucket filled =
        known == null
            ? new TokenBucket(appliedRate.burst, now)
            : known.filled(now, appliedRate.rate, appliedRate.capacity(queued > 0));
    bucket = isPaused(now) ? filled.paused(pausedUntil.get()) : filled;
    // Until this instant the previous rate applied.
    appliedRate = configuredRate;
  }

  @Override
  public boolean isAvailable(long now) {
    TokenBucket known = bucket;
    // A subscriber granted in this round may have reported a Retry-After.
    return known != null && known.available(now) > 0 && !isPaused(now);
  }

  @Override
  public Permit take(long now) {
    TokenBucket known = bucket;
    if (known != null) {
      bucket = known.taken();
    }
    return this;
  }

  @Override
  public long nanosUntilAvailable(long now, int queued) {
    TokenBucket known = bucket;
    if (known == null) {
      return 0;
    }
    TokenBucket next = isPaused(now) ? known.paused(pausedUntil.get()) : known;
    return next.nanosUntilAvailable(now, appliedRate.rate);
  }

  /** Returns the length of the queue, including cancelled entries; for tests. */
  int queueLength() {
    return queue.queueLength();
  }
}
