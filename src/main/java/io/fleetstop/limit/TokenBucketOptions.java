package io.fleetstop.limit;

import io.fleetstop.error.Preconditions;
import java.util.Objects;
import java.util.function.Supplier;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The options of {@link RateLimiter#tokenBucket(TokenBucketOptions)}. Immutable. */
public final class TokenBucketOptions {

  /** The default bound of the queue. */
  public static final int DEFAULT_MAX_WAITING = 100_000;

  private final double permitsPerSecond;
  private final int burst;
  private final int maxWaiting;
  private final Supplier<Scheduler> scheduler;

  private TokenBucketOptions(
      double permitsPerSecond, int burst, int maxWaiting, Supplier<Scheduler> scheduler) {
    this.permitsPerSecond = Preconditions.rate("permitsPerSecond", permitsPerSecond);
    this.burst = Preconditions.positive("burst", burst);
    this.maxWaiting = Preconditions.positive("maxWaiting", maxWaiting);
    this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
  }

  /**
   * Returns options with a rate and a burst, which have no default.
   *
   * @param permitsPerSecond the rate, greater than 0 and at most 1e9
   * @param burst the number of permits that may accumulate, at least 1
   * @throws IllegalArgumentException if either breaks its rule
   */
  public static TokenBucketOptions of(double permitsPerSecond, int burst) {
    return new TokenBucketOptions(
        permitsPerSecond, burst, DEFAULT_MAX_WAITING, Schedulers::parallel);
  }

  /**
   * Returns these options with a maximum number of queued callers. A caller beyond it fails at
   * once. Default: {@value #DEFAULT_MAX_WAITING}.
   *
   * @throws IllegalArgumentException if {@code maxWaiting} is less than 1
   */
  public TokenBucketOptions withMaxWaiting(int maxWaiting) {
    return new TokenBucketOptions(permitsPerSecond, burst, maxWaiting, scheduler);
  }

  /**
   * Returns these options with a scheduler that supplies the time and grants queued permits. The
   * supplier is called each time, so that tests can replace it. Default: {@link
   * Schedulers#parallel()}.
   */
  public TokenBucketOptions withScheduler(Supplier<Scheduler> scheduler) {
    return new TokenBucketOptions(permitsPerSecond, burst, maxWaiting, scheduler);
  }

  /** Returns the rate, in permits per second. */
  public double permitsPerSecond() {
    return permitsPerSecond;
  }

  /** Returns the number of permits that may accumulate. */
  public int burst() {
    return burst;
  }

  /** Returns the maximum number of queued callers. */
  public int maxWaiting() {
    return maxWaiting;
  }

  Supplier<Scheduler> scheduler() {
    return scheduler;
  }
}
