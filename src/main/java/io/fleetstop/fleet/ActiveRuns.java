package io.fleetstop.fleet;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The runs of a {@link FleetShutdown} that have been subscribed to and have not terminated. */
final class ActiveRuns {

  private final Set<ShutdownEngine> runs = ConcurrentHashMap.newKeySet();
  private final Sinks.Empty<Void> idle = Sinks.empty();
  private volatile boolean draining;

  void add(ShutdownEngine run) {
    runs.add(run);
    // After it was added, so that either this thread or the one that drains sees both.
    if (draining) {
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
          draining = true;
          runs.forEach(ShutdownEngine::drain);
          completeWhenIdle();
          return idle.asMono();
        });
  }

  private void completeWhenIdle() {
    if (draining && runs.isEmpty()) {
      idle.tryEmitEmpty();
    }
  }
}
