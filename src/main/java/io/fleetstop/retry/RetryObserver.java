package io.fleetstop.retry;

import io.fleetstop.error.EcsException;
import io.fleetstop.retry.RetryPolicy.Remedy;

/** Observes the retries of a call. Called on the thread of the failure. */
@FunctionalInterface
public interface RetryObserver {

  /** Does nothing. */
  RetryObserver NONE = (last, remedy) -> {};

  /**
   * Called when a retry was decided; it starts after its delay.
   *
   * @param last the error of the last attempt
   * @param remedy what has to be corrected before the next attempt
   */
  void retrying(EcsException last, Remedy remedy);

  /**
   * Whether a subscription that ended during an attempt ended by success, which returns to the
   * shared budget what the call withdrew, rather than by cancellation. Default {@code true},
   * because the operator cannot tell the two apart.
   */
  default boolean isSucceeded() {
    return true;
  }
}
