package io.fleetstop.observe;

import io.fleetstop.error.EcsException;
import java.time.Duration;
import reactor.util.context.ContextView;

/**
 * Hears what becomes of each call. Every method does nothing by default.
 *
 * <p>Methods run on the thread of the signal, with the subscriber's context, and must not block. An
 * exception they throw goes to Reactor's hook for dropped errors; the call goes on.
 */
public interface CallListener {

  /** Hears nothing. */
  CallListener NONE = new CallListener() {};

  /** Someone subscribed to a call. */
  default void callStarted(String action, ContextView context) {}

  /**
   * A try begins, with waiting for its permit.
   *
   * @param attempt which try, counted from one
   */
  default void attemptStarted(String action, int attempt, ContextView context) {}

  /**
   * A try failed. Whether another follows is not known yet.
   *
   * @param attempt which try, counted from one
   */
  default void attemptFailed(
      String action, int attempt, EcsException failure, ContextView context) {}

  /**
   * The call succeeded.
   *
   * @param attempts how many tries it took
   * @param elapsed the time since it began
   */
  default void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {}

  /** The call failed, after all its tries. */
  default void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {}

  /**
   * The subscriber left before the call ended.
   *
   * @param delivery whether the service may have acted all the same
   */
  default void callCancelled(
      String action, EcsException.Delivery delivery, Duration elapsed, ContextView context) {}
}
