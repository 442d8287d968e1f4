package io.fleetstop.fleet;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Admits instances: as many as outcomes were requested plus a prefetch, none before the first
 * request, and none while the condition does not hold. Admits one at a time.
 */
final class DemandGate {

  private final int prefetch;
  private final BooleanSupplier open;
  private final AtomicLong requested = new AtomicLong();
  private final AtomicLong admitted = new AtomicLong();
  private final ConditionSignal changes = new ConditionSignal();

  /**
   * Creates a gate.
   *
   * @param prefetch the number of instances admitted beyond the demand
   * @param open whether another instance may be admitted; evaluated again after each {@link
   *     #reevaluate()}
   */
  DemandGate(int prefetch, BooleanSupplier open) {
    this.prefetch = prefetch;
    this.open = open;
  }

  /** Adds downstream demand. */
  void request(long more) {
    if (more > 0) {
      requested.accumulateAndGet(more, Operators::addCap);
      reevaluate();
    }
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

  private boolean tryAdmit() {
    long asked = requested.get();
    boolean demanded = asked > 0 && admitted.get() < Operators.addCap(asked, prefetch);
    if (!demanded || !open.getAsBoolean()) {
      return false;
    }
    admitted.incrementAndGet();
    return true;
  }
}
