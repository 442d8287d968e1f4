package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A token bucket whose rate is set by an {@link AdaptiveRate}, which receives the results of the
 * calls.
 */
final class AdaptiveTokenBucketLimiter implements AdaptiveRateLimiter {

  /** Evenly spaced calls leave the burst of the service to the jitter of the network. */
  private static final int BURST = 1;

  private final Supplier<Scheduler> schedulers;
  private final GatewayOverload overload;
  private final AtomicBoolean used = new AtomicBoolean();
  private final TokenBucketLimiter bucket;
  private final AtomicReference<AdaptiveRate> state;

  AdaptiveTokenBucketLimiter(AdaptiveOptions options) {
    this.schedulers = options.scheduler();
    this.bucket =
        new TokenBucketLimiter(
            TokenBucketOptions.of(options.initialRate(), BURST)
                .withMaxWaiting(options.maxWaiting())
                .withScheduler(options.scheduler()));
    this.overload = new GatewayOverload(options.scheduler());
    this.state =
        new AtomicReference<>(
            AdaptiveRate.start(
                options.tuning(),
                options.floor(),
                options.ceiling(),
                options.initialRate(),
                now()));
  }

  @Override
  public Mono<Permit> acquire() {
    return bucket.acquire().map(this::tracked);
  }

  private Permit tracked(Permit granted) {
    long now = now();
    if (used.compareAndSet(false, true)) {
      // Growth starts with the first call: the time before it proves nothing.
      update(unused -> unused.startingAt(now));
    }
    return new TrackedPermit(granted, now, bucket.rate());
  }

  @Override
  public double rate() {
    return bucket.rate();
  }

  @Override
  public int available() {
    return bucket.available();
  }

  @Override
  public int waiting() {
    return bucket.waiting();
  }

  @Override
  public long throttledCount() {
    return bucket.throttledCount();
  }

  @Override
  public double floor() {
    return current().floor();
  }

  @Override
  public double ceiling() {
    return current().ceiling();
  }

  @Override
  public void changeBounds(double floor, double ceiling) {
    Preconditions.rate("floor", floor);
    Preconditions.rate("ceiling", ceiling);
    Preconditions.ordered("floor", floor, "ceiling", ceiling);
    update(before -> before.bounded(floor, ceiling));
  }

  @Override
  public void changeRate(double permitsPerSecond) {
    Preconditions.rate("permitsPerSecond", permitsPerSecond);
    long now = now();
    update(before -> before.restartingAt(permitsPerSecond, now));
  }

  private AdaptiveRate current() {
    return Objects.requireNonNull(state.get());
  }

  private long now() {
    return schedulers.get().now(NANOSECONDS);
  }

  /** Returns the previous state. */
  private AdaptiveRate update(UnaryOperator<AdaptiveRate> transition) {
    AdaptiveRate before = state.getAndUpdate(transition);
    // Repeats until both agree: of two concurrent changes, the older may reach the bucket last.
    for (double rate = current().rate(); rate != bucket.rate(); rate = current().rate()) {
      bucket.changeRate(rate);
    }
    return before;
  }

  private final class TrackedPermit implements Permit {

    private final Permit granted;
    private final long sentAtNanos;
    private final double sentRate;

    TrackedPermit(Permit granted, long sentAtNanos, double sentRate) {
      this.granted = granted;
      this.sentAtNanos = sentAtNanos;
      this.sentRate = sentRate;
    }

    @Override
    public void succeeded() {
      long now = now();
      boolean busy = bucket.waiting() > 0;
      update(before -> before.succeeded(now, busy));
      granted.succeeded();
    }

    @Override
    public void throttled(@Nullable Duration retryAfter) {
      long now = now();
      UnaryOperator<AdaptiveRate> transition =
          before -> before.throttled(now, sentAtNanos, sentRate);
      AdaptiveRate before = update(transition);
      long hold = transition.apply(before).holdNanos(before, sentAtNanos);
      granted.throttled(retryAfter != null ? retryAfter : Duration.ofNanos(hold));
    }

    @Override
    public void overloaded(@Nullable Duration retryAfter) {
      long now = now();
      boolean sustained = overload.isSustained(now, current().accepted().perSecond(now));
      if (sustained || retryAfter != null) {
        throttled(retryAfter);
      } else {
        granted.ignored();
      }
    }

    @Override
    public void ignored() {
      granted.ignored();
    }
  }
}
