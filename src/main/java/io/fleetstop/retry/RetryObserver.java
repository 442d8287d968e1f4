package io.fleetstop.retry;

import io.fleetstop.error.EcsException;
import io.fleetstop.retry.RetryPolicy.Remedy;

/** Hears that a call is about to be tried again. Called on the thread of the failure. */
@FunctionalInterface
public interface RetryObserver {

  /** Hears nothing. */
  RetryObserver NONE = (last, remedy) -> {};

  /**
   * A further try was decided on; it starts after the delay.
   *
   * @param last what ended the last try
   * @param remedy what has to be mended before the next try
   */
  void retrying(EcsException last, Remedy remedy);

  /**
   * Asked when the subscription ends while a try is running: whether it ended by success, which
   * gives the shared budget back what the call withdrew, and not by cancellation. By default {@code
   * true}, because an operator above cannot tell the two apart.
   */
  default boolean isSucceeded() {
    return true;
  }
}
