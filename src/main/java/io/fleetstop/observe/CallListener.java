package io.fleetstop.observe;

import io.fleetstop.error.EcsException;
import java.time.Duration;
import java.util.List;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Hears what becomes of each call. Every method does nothing by default.
 *
 * <p>Methods run on the thread of the signal, with the context of the call, which is the
 * subscriber's and what {@link #callContext} adds to it, and must not block. An exception they
 * throw goes to Reactor's hook for dropped errors; the call goes on.
 */
public interface CallListener {

  /** Hears nothing. */
  CallListener NONE = new CallListener() {};

  /** All of {@code listeners}, told in their order. */
  static CallListener all(List<? extends CallListener> listeners) {
    return switch (listeners.size()) {
      case 0 -> NONE;
      case 1 -> listeners.get(0);
      default -> new CallListeners(List.copyOf(listeners));
    };
  }

  /**
   * The context that a call is made in, asked for as it begins. What is added to {@code context},
   * the parent of a tracer's spans for one, is there for the other methods, and for the limiter,
   * the credentials provider and the transport; what is taken out of it stays.
   *
   * @param context the subscriber's
   */
  default Context callContext(CallSubject subject, Context context) {
    return context;
  }

  /** Someone subscribed to a call. */
  default void callStarted(String action, ContextView context) {}

  /**
   * A try begins, with waiting for its permit.
   *
   * @param attempt which try, counted from one
   */
  default void attemptStarted(String action, int attempt, ContextView context) {}

  /**
   * The waiting is over: the request of a try leaves. Not heard for a try that ends before.
   *
   * @param attempt which try, counted from one
   */
  default void attemptSent(String action, int attempt, ContextView context) {}

  /**
   * A try succeeded, and the call with it.
   *
   * @param attempt which try, counted from one
   * @param httpStatus the status of the reply
   * @param requestId the service's id of the request
   */
  default void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {}

  /**
   * A try failed. Whether another follows is not known yet.
   *
   * @param attempt which try, counted from one
   */
  default void attemptFailed(
      String action, int attempt, EcsException failure, ContextView context) {}

  /**
   * Another try follows, after its delay.
   *
   * @param attempt which try failed, counted from one
   */
  default void retryDecided(
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
