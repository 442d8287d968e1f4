package io.fleetstop;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Tells a listener about one call. What the listener throws never reaches the call. */
record ListenerCalls(CallListener listener, String action, ContextView context) {

  void callStarted() {
    guarded(() -> listener.callStarted(action, context));
  }

  void attemptStarted(int attempt) {
    guarded(() -> listener.attemptStarted(action, attempt, context));
  }

  void attemptFailed(int attempt, EcsException failure) {
    guarded(() -> listener.attemptFailed(action, attempt, failure, context));
  }

  void callSucceeded(int attempts, Duration elapsed) {
    guarded(() -> listener.callSucceeded(action, attempts, elapsed, context));
  }

  void callFailed(EcsException failure, Duration elapsed) {
    guarded(() -> listener.callFailed(action, failure, elapsed, context));
  }

  void callCancelled(Delivery delivery, Duration elapsed) {
    guarded(() -> listener.callCancelled(action, delivery, elapsed, context));
  }

  private void guarded(Runnable call) {
    if (listener == CallListener.NONE) {
      return;
    }
    try {
      call.run();
    } catch (Throwable thrown) {
      Operators.onErrorDropped(thrown, Context.of(context));
    }
  }
}
