package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/** Counters of a run. */
final class RunCounters {

  private final LongAdder started = new LongAdder();
  private final LongAdder inFlight = new LongAdder();
  private final AtomicLong outcomes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong awaited = new AtomicLong();
  private final Map<Kind, LongAdder> kinds =
      Arrays.stream(Kind.values()).collect(Collectors.toMap(kind -> kind, kind -> new LongAdder()));

  void onStarted() {
    started.increment();
  }

  /** {@code call}, counted while it goes on. */
  <T> Mono<T> inFlight(Mono<T> call) {
    return call.doOnSubscribe(subscription -> inFlight.increment())
        .doFinally(end -> inFlight.decrement());
  }

  /** Counts an accepted stop whose outcome is pending. */
  void onAccepted() {
    awaited.incrementAndGet();
  }

  void onOutcome(ShutdownOutcome outcome, boolean wasAwaited) {
    of(outcome.kind()).increment();
    if (outcome.kind().isFailure()) {
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

  private LongAdder of(Kind kind) {
    return Objects.requireNonNull(kinds.get(kind), "a kind of outcome");
  }

  ShutdownProgress progress(ShutdownProgress.State state, int wave) {
    long stopped = of(Kind.STOPPED).sum();
    long alreadyStopped = of(Kind.ALREADY_STOPPED).sum();
    long accepted = of(Kind.ACCEPTED).sum();
    long dryRunPassed = of(Kind.DRY_RUN_PASSED).sum();
    long failed = of(Kind.FAILED).sum();
    long unconfirmed = of(Kind.UNCONFIRMED).sum();
    long skipped = of(Kind.SKIPPED).sum();
    // Last, so that there are never more outcomes than instances.
    return new ShutdownProgress(
        state,
        wave,
        started.sum(),
        inFlight.sum(),
        stopped,
        alreadyStopped,
        accepted,
        dryRunPassed,
        failed,
        unconfirmed,
        skipped);
  }
}
