package io.fleetstop.simulator;

/**
 * How many calls of one action the simulated account may make.
 *
 * <p>Immutable; the state of a quota in force is the simulator's. Calls beyond it are refused with
 * {@code FlowLimitExceeded} and HTTP 429, as the gateway does, unless {@link #accountLevel()} says
 * otherwise.
 */
public final class Quota {

  /** How a quota counts. */
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
   * A bucket that refills evenly.
   *
   * @param perSecond calls per second in the long run, more than 0
   * @param burst calls that may come at once after a rest, at least 1
   * @throws IllegalArgumentException if a value is out of its range
   */
  public static Quota tokenBucket(double perSecond, int burst) {
    if (!(perSecond > 0) || Double.isInfinite(perSecond)) {
      throw new IllegalArgumentException("perSecond must be more than 0, was " + perSecond);
    }
    if (burst < 1) {
      throw new IllegalArgumentException("burst must be at least 1, was " + burst);
    }
    return new Quota(Kind.TOKEN_BUCKET, perSecond, burst, false, false);
  }

  /**
   * A counter that starts anew every second: twice the rate may pass around its edge.
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

  /** The same quota, whose refusals say in a {@code Retry-After} header when to come back. */
  public Quota withRetryAfter() {
    return new Quota(kind, perSecond, burst, true, accountLevel);
  }

  /** The same quota, refusing with {@code AccountFlowLimitExceeded} and HTTP 400. */
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
}
