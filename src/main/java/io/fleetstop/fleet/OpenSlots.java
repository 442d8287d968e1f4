package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.Printable;
import io.fleetstop.fleet.MonoStages.Stage;
import io.fleetstop.limit.ConcurrencyLimiter;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The slots of one run in the bound of its client on open instances. An instance holds one from its
 * start to its outcome. The slots are interchangeable, and {@link #close()} releases all that are
 * left: those of instances that were cancelled, or never started after their slot was granted.
 */
final class OpenSlots {

  private final ConcurrencyLimiter limiter;
  private final @Nullable Duration deadline;
  private final Consumer<EcsException> onRefused;
  private final Queue<Disposable> held = new ConcurrentLinkedQueue<>();
  private volatile boolean waited;
  private volatile boolean granted;
  private volatile boolean closed;

  /**
   * Creates the slots of a run.
   *
   * @param limiter that of the client
   * @param deadline the time in which the first slot must be granted; {@code null} for no limit
   * @param onRefused ends the run
   */
  OpenSlots(
      ConcurrencyLimiter limiter, @Nullable Duration deadline, Consumer<EcsException> onRefused) {
    this.limiter = limiter;
    this.deadline = deadline;
    this.onRefused = onRefused;
  }

  /**
   * Returns the stage that emits {@code id} when it has a slot; never if the run is refused, which
   * ends the wait.
   */
  <T> Stage<T> acquire(T id) {
    // Usually free: the operators of the wait would be a tenth of what an instance allocates.
    Disposable free = limiter.tryAcquire();
    if (free == null) {
      return Stage.of(queued(id), Stage::result);
    }
    hold(free);
    return Stage.result(id);
  }

  private <T> Mono<T> queued(T id) {
    Mono<Disposable> slot = limiter.acquire().doFirst(() -> waited = true).doOnNext(this::hold);
    Duration limit = deadline;
    // Of a run that has started an instance the next ones wait as long as it takes.
    return (granted || limit == null ? slot : Mono.firstWithSignal(slot, refusal(limit)))
        .map(ready -> id);
  }

  /** Only subscribed to if no slot is granted at once. */
  private Mono<Disposable> refusal(Duration after) {
    return Mono.delay(after, Schedulers.parallel())
        .doOnNext(late -> refuseIfUnserved(after))
        .then(Mono.never());
  }

  /**
   * Refuses the run if it waits for its first slot.
   *
   * @return whether it was refused
   */
  boolean refuseIfUnserved(Duration after) {
    if (!waited || granted) {
      return false;
    }
    onRefused.accept(
        EcsException.builder(ClientErrors.TOO_MANY_OPEN_INSTANCES, Delivery.NOT_SENT)
            .detail(
                "No instance was started within "
                    + Printable.duration(after)
                    + ", because the runs of the client have "
                    + limiter.maxInFlight()
                    + " instances open, which is maxOpenInstances. Run it again later, start fewer"
                    + " runs at a time, or raise maxOpenInstances")
            .build());
    return true;
  }

  private void hold(Disposable slot) {
    granted = true;
    held.add(slot);
    // Read after the addition: otherwise a close between both would miss the slot.
    if (closed) {
      releaseAll();
    }
  }

  /** Releases the slot of an instance that has its outcome. */
  void release() {
    Disposable slot = held.poll();
    if (slot != null) {
      slot.dispose();
    }
  }

  /** Releases all slots, also those that are granted later. */
  void close() {
    closed = true;
    releaseAll();
  }

  private void releaseAll() {
    for (Disposable slot = held.poll(); slot != null; slot = held.poll()) {
      slot.dispose();
    }
  }
}
