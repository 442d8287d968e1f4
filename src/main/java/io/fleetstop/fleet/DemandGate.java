package io.fleetstop.fleet;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Lets instances be taken up: as many as outcomes were asked for and a few ahead, but none before
 * anything was asked for, and none while something else holds them up. They come one at a time.
 */
final class DemandGate {

  private final int prefetch;
  private final BooleanSupplier open;
  private final AtomicLong requested = new AtomicLong();
  private final AtomicLong admitted = new AtomicLong();
  private final ConditionSignal changes = new ConditionSignal();

  /**
   * An admission.
   *
   * @param ahead how many may be taken up beyond what was asked for
   * @param isOpen whether another one may be taken up; asked again after each {@link #reevaluate()}
   */
  DemandGate(int ahead, BooleanSupplier isOpen) {
    this.prefetch = ahead;
    this.open = isOpen;
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
    // Most find it open: they need not wait for news. Hidden, because concatMap of reactor-core
    // 3.8.7 emits what it can see to be one value twice, and loses another for it, if two threads
    // ask at once.
    return tryAdmit() ? Mono.just(id).hide() : changes.until(this::tryAdmit).thenReturn(id);
  }

  private boolean tryAdmit() {
    long asked = requested.get();
    boolean isWanted = asked > 0 && admitted.get() < Operators.addCap(asked, prefetch);
    if (!isWanted || !open.getAsBoolean()) {
      return false;
    }
    admitted.incrementAndGet();
    return true;
  }
}
