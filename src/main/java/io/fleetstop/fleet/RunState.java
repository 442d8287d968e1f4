package io.fleetstop.fleet;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Pause and stop state of a run. Stopping is final. */
final class RunState {

  private record Stop(@Nullable Throwable reason) {}

  private final ConditionSignal changes = new ConditionSignal();
  private final Sinks.Empty<Void> stopped = Sinks.empty();
  // One field, so that a stop is never visible without its reason.
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

  /** Stops the run. The first reason wins; {@code null} if the caller requested the stop. */
  void stop(@Nullable Throwable why) {
    if (stop.compareAndSet(null, new Stop(why))) {
      stopped.tryEmitEmpty();
      changes.signal();
    }
  }

  boolean isPaused() {
    return pauseEpoch.get() % 2 != 0;
  }

  /** Returns a number that changes with each pause and each resume. */
  int pauseEpoch() {
    return pauseEpoch.get();
  }

  boolean isStopped() {
    return stop.get() != null;
  }

  boolean isPausedOrStopped() {
    return isPaused() || isStopped();
  }

  /** Returns why the run was stopped; {@code null} if it was not, or if the caller requested it. */
  @Nullable Throwable reason() {
    Stop made = stop.get();
    return made == null ? null : made.reason;
  }

  /** Returns the state of a run that has not terminated. */
  ShutdownProgress.State state() {
    if (isStopped()) {
      return ShutdownProgress.State.DRAINING;
    }
    return isPaused() ? ShutdownProgress.State.PAUSED : ShutdownProgress.State.RUNNING;
  }

  /** Completes when the run is stopped. */
  Mono<Void> stopped() {
    return stopped.asMono();
  }

  /** Completes when the run is not paused, or is stopped. */
  Mono<Void> resumed() {
    return changes.until(() -> !isPaused() || isStopped());
  }

  /** Completes when the run is paused or stopped. */
  Mono<Void> pausedOrStopped() {
    return changes.until(this::isPausedOrStopped);
  }
}
