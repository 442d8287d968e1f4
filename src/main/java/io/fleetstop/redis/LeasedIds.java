package io.fleetstop.redis;

import io.fleetstop.model.InstanceId;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Schedulers;

/**
 * The ids that a worker has taken from a shared run, emitted as requested. They are taken in blocks
 * whose size follows the speed at which they are used: large ones save commands, and small ones
 * leave the last instances to all workers.
 */
final class LeasedIds {

  private static final int MIN_BLOCK = 4;
  private static final int MAX_BLOCK = 64;
  private static final long GROWTH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Marks an id that another worker had. */
  private static final char TAKEN_OVER = '!';

  private final Runnable onWanted;
  private final Queue<InstanceId> taken = new ConcurrentLinkedQueue<>();
  private final Set<InstanceId> takenOver = ConcurrentHashMap.newKeySet();
  private final AtomicInteger work = new AtomicInteger();
  private volatile @Nullable FluxSink<InstanceId> sink;
  private volatile boolean exhausted;
  private volatile int block = MIN_BLOCK;
  private long lastTakeNanos;

  /**
   * Creates an empty source.
   *
   * @param onWanted called when {@link #wanted()} may have become positive
   */
  LeasedIds(Runnable onWanted) {
    this.onWanted = onWanted;
  }

  /** Returns the ids, for one subscriber. */
  Flux<InstanceId> ids() {
    return Flux.create(
        subscriber -> {
          sink = subscriber;
          subscriber.onRequest(
              more -> {
                emit();
                onWanted.run();
              });
        });
  }

  /** Returns how many ids should be taken now. */
  int wanted() {
    FluxSink<InstanceId> to = sink;
    boolean needed =
        to != null
            && !to.isCancelled()
            && to.requestedFromDownstream() > 0
            && !exhausted
            && taken.isEmpty();
    return needed ? block : 0;
  }

  /** Allows the next attempt to take ids, after one that gave none. */
  void retry() {
    exhausted = false;
  }

  /** Adds ids in the form of the script. Called by one thread at a time. */
  void add(Iterable<?> ids) {
    boolean none = true;
    for (Object text : ids) {
      String id = (String) text;
      boolean another = id.charAt(0) == TAKEN_OVER;
      InstanceId instance = InstanceId.of(another ? id.substring(1) : id);
      if (another) {
        takenOver.add(instance);
      }
      taken.add(instance);
      none = false;
    }
    if (!none) {
      long now = Schedulers.parallel().now(TimeUnit.NANOSECONDS);
      block =
          now - lastTakeNanos < GROWTH_NANOS
              ? Math.min(MAX_BLOCK, block * 2)
              : Math.max(MIN_BLOCK, block / 2);
      lastTakeNanos = now;
      emit();
    }
  }

  /** Marks an attempt to take ids that gave none. */
  void onNone() {
    exhausted = true;
  }

  boolean isTakenOver(InstanceId id) {
    return takenOver.contains(id);
  }

  /** Forgets an instance that has its outcome. */
  void onOutcome(InstanceId id) {
    takenOver.remove(id);
  }

  private void emit() {
    FluxSink<InstanceId> to = sink;
    if (to == null || work.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      while (to.requestedFromDownstream() > 0) {
        InstanceId id = taken.poll();
        if (id == null) {
          break;
        }
        to.next(id);
      }
      missed = work.addAndGet(-missed);
    } while (missed != 0);
  }

  /** Ends the ids. */
  void complete() {
    FluxSink<InstanceId> to = sink;
    if (to != null) {
      to.complete();
    }
  }
}
