package io.fleetstop.simulator;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The rate limit of an action. Immutable.
 *
 * <p>Calls beyond it are rejected with {@code FlowLimitExceeded} and HTTP 429, unless {@link
 * #accountLevel()} is used.
 */
public final class Quota {

  /** The algorithm of a quota. */
  enum Kind {
    UNLIMITED,
    TOKEN_BUCKET,
    FIXED_WINDOW
  }

  private static final Quota UNLIMITED = new Quota(Kind.UNLIMITED, 0, 0, false, false);

  private final Kind kind;
  private final double perSecond;
  private final int burst;
  private final boolean retryAfter;
  private final boolean accountLevel;

  private Quota(Kind kind, double perSecond, int burst, boolean retryAfter, boolean accountLevel) {
    this.kind = kind;
    this.perSecond = perSecond;
    this.burst = burst;
    this.retryAfter = retryAfter;
    this.accountLevel = accountLevel;
  }

  /** No limit. */
  public static Quota unlimited() {
    return UNLIMITED;
  }

  /**
   * A token bucket that refills continuously.
   *
   * @param perSecond the sustained rate in calls per second, greater than 0
   * @param burst the capacity of the bucket, at least 1
   * @throws IllegalArgumentException if a value is out of its range
   */
  public static Quota tokenBucket(double perSecond, int burst) {
    if (!(perSecond > 0) || Double.isInfinite(perSecond)) {
      throw new IllegalArgumentException("perSecond must be greater than 0, was " + perSecond);
    }
    if (burst < 1) {
      throw new IllegalArgumentException("burst must be at least 1, was " + burst);
    }
    return new Quota(Kind.TOKEN_BUCKET, perSecond, burst, false, false);
  }

  /**
   * A counter that restarts every second: up to twice the rate can pass across a boundary.
   *
   * @param perSecond calls in each second, at least 1
   * @throws IllegalArgumentException if it is less
   */
  public static Quota fixedWindow(int perSecond) {
    if (perSecond < 1) {
      throw new IllegalArgumentException("perSecond must be at least 1, was " + perSecond);
    }
    return new Quota(Kind.FIXED_WINDOW, perSecond, perSecond, false, false);
  }

  /** A copy that sends a {@code Retry-After} header with each rejection. */
  public Quota withRetryAfter() {
    return new Quota(kind, perSecond, burst, true, accountLevel);
  }

  /** A copy that rejects with {@code AccountFlowLimitExceeded} and HTTP 400. */
  public Quota accountLevel() {
    return new Quota(kind, perSecond, burst, retryAfter, true);
  }

  Kind kind() {
    return kind;
  }

  double perSecond() {
    return perSecond;
  }

  int burst() {
    return burst;
  }

  boolean isRetryAfter() {
    return retryAfter;
  }

  boolean isAccountLevel() {
    return accountLevel;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case UNLIMITED -> "Quota[unlimited]";
      case TOKEN_BUCKET -> "Quota[" + perSecond + " per second, burst " + burst + "]";
      case FIXED_WINDOW -> "Quota[" + burst + " in each second]";
    };
  }

  /** The state of a quota: one counter, updated by compare-and-set. */
  static final class Gate {

    private static final long SECOND = 1_000_000_000L;
    private static final int COUNT_BITS = 24;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

    private final Quota quota;
    private final long start;

    // Relative to start. Token bucket: the time when it is full again. Fixed window: its number
    // and,
    // in the low bits, the calls it has admitted.
    private final AtomicLong state = new AtomicLong();

    Gate(Quota quota, long now) {
      this.quota = quota;
      this.start = now;
    }

    Quota quota() {
      return quota;
    }

    /** Returns 0 if the call is admitted, else the nanoseconds until one would be. */
    long tryAcquire(long nowNanos) {
      long now = nowNanos - start;
      return switch (quota.kind()) {
        case UNLIMITED -> 0;
        case TOKEN_BUCKET -> acquireFromBucket(now);
        case FIXED_WINDOW -> acquireFromWindow(now);
      };
    }

    private long acquireFromBucket(long now) {
      long interval = Math.max(1, (long) (SECOND / quota.perSecond()));
      long tolerance = interval * (quota.burst() - 1L);
      while (true) {
        long full = state.get();
        long from = Math.max(full, now);
        long wait = from - tolerance - now;
        if (wait > 0) {
          return wait;
        }
        if (state.compareAndSet(full, from + interval)) {
          return 0;
        }
      }
    }

    private long acquireFromWindow(long now) {
      long window = now / SECOND;
      while (true) {
        long seen = state.get();
        long count = seen >>> COUNT_BITS == window ? seen & COUNT_MASK : 0;
        if (count >= Math.min(quota.burst(), COUNT_MASK)) {
          return (window + 1) * SECOND - now;
        }
        if (state.compareAndSet(seen, window << COUNT_BITS | (count + 1))) {
          return 0;
        }
      }
    }
  }
}
