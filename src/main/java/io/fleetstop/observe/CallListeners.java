package io.fleetstop.observe;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Composite of listeners. An exception of one does not affect the others. */
record CallListeners(List<CallListener> all) implements CallListener {

  @Override
  public Context callContext(CallSubject subject, Context context) {
    Context built = context;
    for (CallListener listener : all) {
      try {
        built = listener.callContext(subject, built);
      } catch (Throwable thrown) {
        Operators.onErrorDropped(thrown, built);
      }
    }
    return built;
  }

  @Override
  public void callStarted(String action, ContextView context) {
    forEach(context, listener -> listener.callStarted(action, context));
  }

  @Override
  public void attemptStarted(String action, int attempt, ContextView context) {
    forEach(context, listener -> listener.attemptStarted(action, attempt, context));
  }

  @Override
  public void attemptSent(String action, int attempt, ContextView context) {
    forEach(context, listener -> listener.attemptSent(action, attempt, context));
  }

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
    forEach(
        context,
        listener -> listener.attemptSucceeded(action, attempt, httpStatus, requestId, context));
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    forEach(context, listener -> listener.attemptFailed(action, attempt, failure, context));
  }

  @Override
  public void retryDecided(String action, int attempt, EcsException failure, ContextView context) {
    forEach(context, listener -> listener.retryDecided(action, attempt, failure, context));
  }

  @Override
  public void unrequestedIds(String action, List<String> ids, ContextView context) {
    forEach(context, listener -> listener.unrequestedIds(action, ids, context));
  }

  @Override
  public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
    forEach(context, listener -> listener.callSucceeded(action, attempts, elapsed, context));
  }

  @Override
  public void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {
    forEach(context, listener -> listener.callFailed(action, failure, elapsed, context));
  }

  @Override
  public void callCancelled(
      String action, Delivery delivery, Duration elapsed, ContextView context) {
    forEach(context, listener -> listener.callCancelled(action, delivery, elapsed, context));
  }

  private void forEach(ContextView context, Consumer<CallListener> event) {
    for (CallListener listener : all) {
      try {
        event.accept(listener);
      } catch (Throwable thrown) {
        Operators.onErrorDropped(thrown, Context.of(context));
      }
    }
  }
}
