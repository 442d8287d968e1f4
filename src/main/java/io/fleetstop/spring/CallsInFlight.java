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

/** Counts the calls that run. */
final class CallsInFlight implements CallListener {

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicReference<Sinks.@Nullable Empty<Void>> idle = new AtomicReference<>();

  /** Completes when no call runs, at once if that is so already. */
  Mono<Void> whenIdle() {
    return Mono.defer(
        () -> {
          // Whoever waits already is not to be forgotten for the next one.
          Sinks.Empty<Void> sink =
              Objects.requireNonNull(
                  idle.updateAndGet(
                      known -> known == null || isOver(known) ? Sinks.empty() : known));
          // Seen by whoever ends a call from now on; who ended one before has counted it.
          if (running.get() == 0) {
            sink.tryEmitEmpty();
          }
          return sink.asMono();
        });
  }

  private static boolean isOver(Sinks.Empty<Void> sink) {
    return Boolean.TRUE.equals(sink.scan(Scannable.Attr.TERMINATED));
  }

  int running() {
    return running.get();
  }

  private void ended() {
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
    ended();
  }

  @Override
  public void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {
    ended();
  }

  @Override
  public void callCancelled(
      String action, Delivery delivery, Duration elapsed, ContextView context) {
    ended();
  }
}
