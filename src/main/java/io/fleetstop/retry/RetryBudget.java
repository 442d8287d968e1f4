package io.fleetstop.retry;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The retries that the calls of a client share, so that retries add little load to a service that
 * is down.
 *
 * <p>Each retry after a failure withdraws one retry. A call that succeeds after retries returns
 * what it withdrew; a call that succeeds at once earns a fraction of a retry. Waiting for quota,
 * for a busy instance or for a request in progress costs nothing, and nor does the retry of a
 * request that was not sent.
 *
 * <p>Thread-safe, without locks.
 */
public final class RetryBudget {

  /** What one retry costs. A success without retries earns one of these. */
  private static final int COST = 14;

  /** The retries of a {@linkplain #standard() standard} budget. */
  public static final int STANDARD_RETRIES = 35;

  private final int capacity;
  private final AtomicInteger tokens;
  private volatile boolean succeeded;

  private RetryBudget(int capacity) {
    this.capacity = capacity;
    this.tokens = new AtomicInteger(capacity);
  }

  /** A budget of {@value #STANDARD_RETRIES} retries, the size of the AWS SDK's standard mode. */
  public static RetryBudget standard() {
    return ofRetries(STANDARD_RETRIES);
  }

  /** A full budget of {@code retries} retries. */
  public static RetryBudget ofRetries(int retries) {
    if (retries < 1 || retries > Integer.MAX_VALUE / COST) {
      throw new IllegalArgumentException(
          "retries must be 1 to " + Integer.MAX_VALUE / COST + ", was " + retries);
    }
    return new RetryBudget(retries * COST);
  }

  /** The retries left. */
  public int remainingRetries() {
    return tokens.get() / COST;
  }

  /** Whether a call has succeeded. */
  boolean hasSucceeded() {
    return succeeded;
  }

  /** Takes one retry if one is left. */
  boolean tryWithdraw() {
    int before = tokens.getAndUpdate(held -> held >= COST ? held - COST : held);
    return before >= COST;
  }

  /** Records a call that succeeded without a retry. */
  public void recordSuccess() {
    recordSuccess(0);
  }

  /** Records a call that succeeded after it had withdrawn {@code retries}. */
  void recordSuccess(int retries) {
    if (!succeeded) {
      succeeded = true;
    }
    int earned = retries == 0 ? 1 : retries * COST;
    if (tokens.get() < capacity) {
      tokens.updateAndGet(held -> held + Math.min(earned, capacity - held));
    }
  }
}
