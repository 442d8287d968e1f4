package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Admits instances: as many as outcomes were requested plus a prefetch, not counting those that the
 * service has accepted and that are awaited; none before the first request, and none while the
 * condition does not hold. While no outcome is requested, awaited instances count too, so that a
 * subscriber that stops taking stops the calls. Admits one at a time.
 */
final class DemandGate {

  private final int prefetch;
  private final BooleanSupplier open;
  private final LongSupplier awaited;
  private final AtomicLong requested = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong admitted = new AtomicLong();
  private final ConditionSignal changes = new ConditionSignal();

  /**
   * Creates a gate.
   *
   * @param prefetch the number of instances admitted beyond the demand
   * @param open whether another instance may be admitted; evaluated again after each {@link
   *     #reevaluate()}
   * @param awaited the number of admitted instances that do not count against the demand
   */
  DemandGate(int prefetch, BooleanSupplier open, LongSupplier awaited) {
    this.prefetch = prefetch;
    this.open = open;
    this.awaited = awaited;
  }

  /** Adds downstream demand. */
  void request(long more) {
    if (more > 0) {
      requested.accumulateAndGet(more, Operators::addCap);
      reevaluate();
    }
  }

  /** Counts an outcome that the subscriber takes. */
  void onDelivered() {
    taken.incrementAndGet();
  }

  /** Evaluates the condition again after a change. */
  void reevaluate() {
    changes.signal();
  }

  /** Returns the number of admitted instances. */
  long admitted() {
    return admitted.get();
  }

  /** Emits {@code id} when demand and the condition admit it. */
  <T> Mono<T> admit(T id) {
    // Usually open, so no wait is needed. Hidden, because concatMap of reactor-core 3.8.7 emits a
    // scalar value twice, and loses another, if two threads request concurrently.
    return tryAdmit() ? Mono.just(id).hide() : changes.until(this::tryAdmit).thenReturn(id);
  }

  /** Admits an instance if demand and the condition allow it at once. */
  boolean tryAdmit() {
    long totalRequested = requested.get();
    long exempt = totalRequested > taken.get() ? awaited.getAsLong() : 0;
    boolean demanded =
        totalRequested > 0 && admitted.get() - exempt < Operators.addCap(totalRequested, prefetch);
    if (!demanded || !open.getAsBoolean()) {
      return false;
    }
    admitted.incrementAndGet();
    return true;
  }

  /**
   * Fails on ids that are emitted without demand, which would be dropped otherwise. Applied after
   * the filters, which request a replacement for each id they drop.
   */
  static Flux<InstanceId> requireDemand(Flux<InstanceId> ids) {
    AtomicLong open = new AtomicLong();
    return ids.doOnRequest(more -> open.accumulateAndGet(more, Operators::addCap))
        .doOnNext(
            id -> {
              if (open.getAndDecrement() <= 0) {
                throw new IllegalStateException(
                    "ids must emit no more than was requested, emitted " + id + " without demand");
              }
            });
  }
}
