package io.fleetstop;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.EcsAction;
import io.fleetstop.observe.CallListener;
import io.fleetstop.observe.CallSubject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Notifies a listener of one call. An exception of the listener never reaches the call. */
record SafeListener(CallListener listener, String action, ContextView context) {

  /** Asks the listener for the context of the call. */
  static SafeListener of(
      CallListener listener, EcsAction<?> action, String region, ContextView subscriber) {
    return new SafeListener(
        listener, action.action(), contextOf(listener, action, region, subscriber));
  }

  private static ContextView contextOf(
      CallListener listener, EcsAction<?> action, String region, ContextView subscriber) {
    if (listener == CallListener.NONE) {
      return subscriber;
    }
    Context context = Context.of(subscriber);
    try {
      return listener.callContext(subjectOf(action, region), context);
    } catch (Throwable thrown) {
      Operators.onErrorDropped(thrown, context);
      return subscriber;
    }
  }

  private static CallSubject subjectOf(EcsAction<?> action, String region) {
    Set<String> names = action.parameters().keySet();
    String instanceId = action.parameters().get("InstanceId");
    int instances =
        instanceId != null
            ? 1
            : (int) names.stream().filter(name -> name.startsWith("InstanceIds.")).count();
    return new CallSubject(action.service(), action.action(), region, instanceId, instances);
  }

  /** Runs the call in its context. */
  <T> Mono<T> inContext(Mono<T> call) {
    return listener == CallListener.NONE ? call : call.contextWrite(context);
  }

  void callStarted() {
    guarded(() -> listener.callStarted(action, context));
  }

  void attemptStarted(int attempt) {
    guarded(() -> listener.attemptStarted(action, attempt, context));
  }

  void attemptSent(int attempt) {
    guarded(
        () ->
            // The transport calls this on its own thread, where no operator has restored the
            // thread locals of automatic context propagation; contextWrite does.
            Mono.fromRunnable(() -> listener.attemptSent(action, attempt, context))
                .contextWrite(context)
                .subscribe(nothing -> {}, this::dropped));
  }

  void attemptSucceeded(int attempt, int httpStatus, String requestId) {
    guarded(() -> listener.attemptSucceeded(action, attempt, httpStatus, requestId, context));
  }

  void attemptFailed(int attempt, EcsException failure) {
    guarded(() -> listener.attemptFailed(action, attempt, failure, context));
  }

  void retryDecided(int attempt, EcsException failure) {
    guarded(() -> listener.retryDecided(action, attempt, failure, context));
  }

  <T> void unrequestedIds(EcsAction<T> called, T result) {
    guarded(
        () -> {
          List<String> ids = called.unrequestedIds(result);
          if (!ids.isEmpty()) {
            listener.unrequestedIds(action, ids, context);
          }
        });
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
      dropped(thrown);
    }
  }

  private void dropped(Throwable thrown) {
    Operators.onErrorDropped(thrown, Context.of(context));
  }
}
