package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.ContextView;

/** Counts the calls that run, on the way to the application's own listeners. */
final class CallsInFlight implements CallListener {

  private final List<CallListener> listeners;
  private final AtomicInteger running = new AtomicInteger();
  private volatile Sinks.@Nullable Empty<Void> idle;

  CallsInFlight(List<CallListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  /** Completes when no call runs, at once if that is so already. */
  Mono<Void> whenIdle() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> sink = Sinks.empty();
          idle = sink;
          // Seen by whoever ends a call from now on; who ended one before has counted it.
          if (running.get() == 0) {
            sink.tryEmitEmpty();
          }
          return sink.asMono();
        });
  }

  int running() {
    return running.get();
  }

  private void ended() {
    if (running.decrementAndGet() == 0) {
      Sinks.Empty<Void> sink = idle;
      if (sink != null) {
        sink.tryEmitEmpty();
      }
    }
  }

  @Override
  public void callStarted(String action, ContextView context) {
    running.incrementAndGet();
    listeners.forEach(listener -> listener.callStarted(action, context));
  }

  @Override
  public void attemptStarted(String action, int attempt, ContextView context) {
    listeners.forEach(listener -> listener.attemptStarted(action, attempt, context));
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    listeners.forEach(listener -> listener.attemptFailed(action, attempt, failure, context));
  }

  @Override
  public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
    ended();
    listeners.forEach(listener -> listener.callSucceeded(action, attempts, elapsed, context));
  }

  @Override
  public void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {
    ended();
    listeners.forEach(listener -> listener.callFailed(action, failure, elapsed, context));
  }

  @Override
  public void callCancelled(
      String action, Delivery delivery, Duration elapsed, ContextView context) {
    ended();
    listeners.forEach(listener -> listener.callCancelled(action, delivery, elapsed, context));
  }
}
