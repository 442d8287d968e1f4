package io.fleetstop.observe;

import io.fleetstop.error.EcsException;
import java.time.Duration;
import java.util.List;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Receives the events of each call. Every method does nothing by default.
 *
 * <p><strong>Order:</strong> {@link #callContext}, then {@link #callStarted}; for each attempt
 * {@link #attemptStarted}, {@link #attemptSent} if the request is sent, and {@link
 * #attemptSucceeded} or {@link #attemptFailed}; {@link #retryDecided} before each further attempt;
 * last, exactly one of {@link #callSucceeded}, {@link #callFailed} and {@link #callCancelled}. A
 * cancelled attempt has no event of its own. {@link #callCancelled} may run on another thread than
 * the events of the attempt.
 *
 * <p>Methods run on the thread of the signal and must not block. Their context is that of the call:
 * the subscriber's with the additions of {@link #callContext}. An exception of a listener goes to
 * Reactor's hook for dropped errors and does not affect the call.
 */
public interface CallListener {

  /** Does nothing. */
  CallListener NONE = new CallListener() {};

  /** Notifies {@code listeners} in their order. */
  static CallListener all(List<? extends CallListener> listeners) {
    return switch (listeners.size()) {
      case 0 -> NONE;
      case 1 -> listeners.get(0);
      default -> new CallListeners(List.copyOf(listeners));
    };
  }

  /**
   * Returns the context of a call that begins. Entries added to {@code context}, such as the parent
   * of a tracer's spans, are visible to the other methods, the limiter, the credentials provider
   * and the transport; entries cannot be removed.
   *
   * @param context the subscriber's context
   */
  default Context callContext(CallSubject subject, Context context) {
    return context;
  }

  /** A call was subscribed to. */
  default void callStarted(String action, ContextView context) {}

  /**
   * An attempt starts, and is queued for its permit.
   *
   * @param attempt the number of the attempt, from 1
   */
  default void attemptStarted(String action, int attempt, ContextView context) {}

  /**
   * The request of an attempt is sent. Not called for an attempt that ends earlier.
   *
   * @param attempt the number of the attempt, from 1
   */
  default void attemptSent(String action, int attempt, ContextView context) {}

  /**
   * An attempt succeeded.
   *
   * @param attempt the number of the attempt, from 1
   * @param httpStatus the status of the reply
   * @param requestId the service's id of the request
   */
  default void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {}

  /**
   * An attempt failed. Whether a retry follows is not decided yet.
   *
   * @param attempt the number of the attempt, from 1
   */
  default void attemptFailed(
      String action, int attempt, EcsException failure, ContextView context) {}

  /**
   * A retry follows after its delay.
   *
   * @param attempt the number of the failed attempt, from 1
   */
  default void retryDecided(
      String action, int attempt, EcsException failure, ContextView context) {}

  /**
   * The reply names instances that the call did not ask for; they are ignored. Called before {@link
   * #callSucceeded}.
   *
   * @param ids the ids as the service writes them, at least one
   */
  default void unrequestedIds(String action, List<String> ids, ContextView context) {}

  /**
   * The call succeeded.
   *
   * @param attempts the number of attempts
   * @param elapsed the time since it began
   */
  default void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {}

  /** The call failed, after all its attempts. */
  default void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {}

  /**
   * The call was cancelled before it ended.
   *
   * @param delivery whether the service may have acted nevertheless
   */
  default void callCancelled(
      String action, EcsException.Delivery delivery, Duration elapsed, ContextView context) {}
}
