package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.ContextView;

/** Counts the calls in flight. */
final class CallsInFlight implements CallListener {

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicReference<Sinks.@Nullable Empty<Void>> idle = new AtomicReference<>();

  /** Completes when no call is in flight. */
  Mono<Void> whenIdle() {
    return Mono.defer(
        () -> {
          // Keep a live sink: earlier subscribers wait on it.
          Sinks.Empty<Void> sink =
              Objects.requireNonNull(
                  idle.updateAndGet(
                      current ->
                          current == null || isTerminated(current) ? Sinks.empty() : current));
          // A call that ends from now on sees the sink; one that ended before has been counted.
          if (running.get() == 0) {
            sink.tryEmitEmpty();
          }
          return sink.asMono();
        });
  }

  private static boolean isTerminated(Sinks.Empty<Void> sink) {
    return Boolean.TRUE.equals(sink.scan(Scannable.Attr.TERMINATED));
  }

  int running() {
    return running.get();
  }

  private void onCallEnded() {
    if (running.decrementAndGet() == 0) {
      Sinks.Empty<Void> sink = idle.get();
      if (sink != null) {
        sink.tryEmitEmpty();
      }
    }
  }

  @Override
  public void callStarted(String action, ContextView context) {
    running.incrementAndGet();
  }

  @Override
  public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
    onCallEnded();
  }

  @Override
  public void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {
    onCallEnded();
  }

  @Override
  public void callCancelled(
      String action, Delivery delivery, Duration elapsed, ContextView context) {
    onCallEnded();
  }
}
