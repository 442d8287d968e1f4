package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What is wanted of a run at present: that it goes on, pauses or ends. Ending is for good. */
final class RunControl {

  private record Stop(@Nullable EcsException reason) {}

  private final ConditionSignal changes = new ConditionSignal();
  private final Sinks.Empty<Void> stopped = Sinks.empty();
  // One field, so that nobody sees the end without its reason.
  private final AtomicReference<@Nullable Stop> stop = new AtomicReference<>();
  // Odd while paused.
  private final AtomicInteger pauseEpoch = new AtomicInteger();

  void pause() {
    pauseEpoch.updateAndGet(now -> now % 2 == 0 ? now + 1 : now);
    changes.signal();
  }

  void resume() {
    pauseEpoch.updateAndGet(now -> now % 2 == 0 ? now : now + 1);
    changes.signal();
  }

  /** Ends the run; the first reason counts, {@code null} for an end that was wanted. */
  void stop(@Nullable EcsException why) {
    if (stop.compareAndSet(null, new Stop(why))) {
      stopped.tryEmitEmpty();
      changes.signal();
    }
  }

  boolean isPaused() {
    return pauseEpoch.get() % 2 != 0;
  }

  /** A number that is another one after each pause and each going on. */
  int pauseEpoch() {
    return pauseEpoch.get();
  }

  boolean isStopped() {
    return stop.get() != null;
  }

  /** Why the run was ended, or {@code null} if that was wanted or has not come. */
  @Nullable EcsException reason() {
    Stop made = stop.get();
    return made == null ? null : made.reason;
  }

  /** Completes when the run is ended. */
  Mono<Void> stopped() {
    return stopped.asMono();
  }

  /** Completes at once unless the run is paused, else when it goes on or is ended. */
  Mono<Void> resumed() {
    return changes.until(() -> !isPaused() || isStopped());
  }

  /** Completes when the run is paused or ended. */
  Mono<Void> pausedOrStopped() {
    return changes.until(() -> isPaused() || isStopped());
  }
}
