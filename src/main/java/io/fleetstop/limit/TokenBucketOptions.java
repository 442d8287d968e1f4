package io.fleetstop.limit;

import java.util.Objects;
import java.util.function.Supplier;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The options of {@link RateLimiter#tokenBucket(TokenBucketOptions)}. Immutable. */
public final class TokenBucketOptions {

  /** How many may wait unless said otherwise. */
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
   * The two options that have no default.
   *
   * @param permitsPerSecond the rate, greater than zero and finite
   * @param burst how many permits may be in hand, 1 at least
   */
  public static TokenBucketOptions of(double permitsPerSecond, int burst) {
    return new TokenBucketOptions(
        permitsPerSecond, burst, DEFAULT_MAX_WAITING, Schedulers::parallel);
  }

  /**
   * How many may wait for a permit, 1 at least; {@value #DEFAULT_MAX_WAITING} by default. Whoever
   * comes when as many wait fails at once.
   */
  public TokenBucketOptions withMaxWaiting(int maxWaiting) {
    return new TokenBucketOptions(permitsPerSecond, burst, maxWaiting, scheduler);
  }

  /**
   * Where time comes from and permits that were waited for are granted; {@link
   * Schedulers#parallel()} by default. Asked each time, so that it may be replaced under test.
   */
  public TokenBucketOptions withScheduler(Supplier<Scheduler> scheduler) {
    return new TokenBucketOptions(permitsPerSecond, burst, maxWaiting, scheduler);
  }

  /** The rate. */
  public double permitsPerSecond() {
    return permitsPerSecond;
  }

  /** How many permits may be in hand. */
  public int burst() {
    return burst;
  }

  /** How many may wait. */
  public int maxWaiting() {
    return maxWaiting;
  }

  Supplier<Scheduler> scheduler() {
    return scheduler;
  }
}
