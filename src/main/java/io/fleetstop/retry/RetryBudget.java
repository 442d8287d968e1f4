package io.fleetstop.retry;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The retries that the calls of a client share, so that a service that is down gets hardly more
 * calls than it would without retries.
 *
 * <p>Each retry of something that failed withdraws one retry. A call that succeeds after retries
 * gives back what it withdrew; one that succeeds at once earns a fraction of a retry. Waiting for
 * quota, for a busy instance or for a request in progress costs nothing.
 *
 * <p>Thread-safe, without locks.
 */
public final class RetryBudget {

  /** What one retry costs. A success without retries earns one of these. */
  private static final int COST = 14;

  private static final int DEFAULT_RETRIES = 35;

  private final int capacity;
  private final AtomicInteger tokens;

  private RetryBudget(int capacity) {
    this.capacity = capacity;
    this.tokens = new AtomicInteger(capacity);
  }

  /**
   * A budget of {@value #DEFAULT_RETRIES} retries, the size that the AWS SDK's standard mode has.
   */
  public static RetryBudget standard() {
    return ofRetries(DEFAULT_RETRIES);
  }

  /** A budget that is full with {@code retries} retries. */
  public static RetryBudget ofRetries(int retries) {
    if (retries < 1 || retries > Integer.MAX_VALUE / COST) {
      throw new IllegalArgumentException(
          "retries must be 1 to " + Integer.MAX_VALUE / COST + ", was " + retries);
    }
    return new RetryBudget(retries * COST);
  }

  /** How many retries are left. */
  public int retries() {
    return tokens.get() / COST;
  }

  /** Takes one retry, if there is one. */
  boolean tryWithdraw() {
    int before = tokens.getAndUpdate(held -> held >= COST ? held - COST : held);
    return before >= COST;
  }

  /** Says that a call succeeded that was not tried again. */
  public void recordSuccess() {
    recordSuccess(0);
  }

  /** Says that a call succeeded that had withdrawn {@code retries}. */
  void recordSuccess(int retries) {
    int earned = retries == 0 ? 1 : retries * COST;
    if (tokens.get() < capacity) {
      tokens.updateAndGet(held -> held + Math.min(earned, capacity - held));
    }
  }
}
