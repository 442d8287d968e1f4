package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Mono;

/** The figures of a run. */
final class RunCount {

  private final LongAdder takenUp = new LongAdder();
  private final LongAdder calling = new LongAdder();
  private final AtomicLong outcomes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong awaited = new AtomicLong();
  private final Map<Class<?>, LongAdder> kinds =
      Map.of(
          Stopped.class, new LongAdder(),
          AlreadyStopped.class, new LongAdder(),
          Accepted.class, new LongAdder(),
          DryRunPassed.class, new LongAdder(),
          Failed.class, new LongAdder(),
          Unconfirmed.class, new LongAdder(),
          Skipped.class, new LongAdder());

  void takeUp() {
    takenUp.increment();
  }

  /** {@code call}, counted while it goes on. */
  <T> Mono<T> calling(Mono<T> call) {
    return call.doOnSubscribe(subscription -> calling.increment())
        .doFinally(end -> calling.decrement());
  }

  /** A stop was accepted, and its outcome is yet to come. */
  void await() {
    awaited.incrementAndGet();
  }

  void count(ShutdownOutcome outcome, boolean wasAwaited) {
    of(outcome.getClass()).increment();
    if (outcome instanceof Failed || outcome instanceof Unconfirmed) {
      failures.incrementAndGet();
    }
    outcomes.incrementAndGet();
    // Not before it is an outcome: it is counted twice for a moment rather than not at all.
    if (wasAwaited) {
      awaited.decrementAndGet();
    }
  }

  long outcomes() {
    return outcomes.get();
  }

  /**
   * Of how many instances the service has told what it makes of them. A refusal is an outcome at
   * once, and a stop only when the guest is down: beside outcomes alone the failures of the first
   * minute would be most of what there is.
   */
  long answered() {
    return outcomes.get() + awaited.get();
  }

  long failures() {
    return failures.get();
  }

  private LongAdder of(Class<?> kind) {
    return Objects.requireNonNull(kinds.get(kind), "a kind of outcome");
  }

  ShutdownProgress progress(ShutdownProgress.State state, int wave) {
    long stopped = of(Stopped.class).sum();
    long alreadyStopped = of(AlreadyStopped.class).sum();
    long accepted = of(Accepted.class).sum();
    long dryRunPassed = of(DryRunPassed.class).sum();
    long failed = of(Failed.class).sum();
    long unconfirmed = of(Unconfirmed.class).sum();
    long skipped = of(Skipped.class).sum();
    // Last, so that there are never more outcomes than instances.
    return new ShutdownProgress(
        state,
        wave,
        takenUp.sum(),
        calling.sum(),
        stopped,
        alreadyStopped,
        accepted,
        dryRunPassed,
        failed,
        unconfirmed,
        skipped);
  }
}
