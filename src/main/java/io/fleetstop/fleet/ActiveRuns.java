package io.fleetstop.fleet;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The runs of a {@link FleetShutdown} that have been subscribed to and have not terminated. */
final class ActiveRuns {

  private final Set<ShutdownEngine> runs = ConcurrentHashMap.newKeySet();

  /** Completes when a drain has ended; {@code null} unless runs are drained. */
  private final AtomicReference<Sinks.@Nullable Empty<Void>> drained = new AtomicReference<>();

  void add(ShutdownEngine run) {
    runs.add(run);
    // After it was added, so that either this thread or the one that drains sees both.
    if (drained.get() != null) {
      run.drain();
    }
  }

  void remove(ShutdownEngine run) {
    runs.remove(run);
    completeWhenIdle();
  }

  /** Drains all runs, also those that are added later, and completes when there is none. */
  Mono<Void> drain() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> sink =
              Objects.requireNonNull(
                  drained.updateAndGet(current -> current == null ? Sinks.empty() : current));
          runs.forEach(ShutdownEngine::drain);
          completeWhenIdle();
          return sink.asMono();
        });
  }

  /** Ends a drain: runs that are added from now on start instances. */
  void reopen() {
    Sinks.Empty<Void> sink = drained.getAndSet(null);
    if (sink != null) {
      sink.tryEmitEmpty();
    }
  }

  private void completeWhenIdle() {
    Sinks.Empty<Void> sink = drained.get();
    if (sink != null && runs.isEmpty()) {
      sink.tryEmitEmpty();
    }
  }
}
