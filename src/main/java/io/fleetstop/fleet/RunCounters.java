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
  private final LongAdder instancesInFlight = new LongAdder();
  private final AtomicLong outcomes = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong awaited = new AtomicLong();
  private final Map<Kind, LongAdder> kinds =
      Arrays.stream(Kind.values()).collect(Collectors.toMap(kind -> kind, kind -> new LongAdder()));

  void onStarted() {
    started.increment();
  }

  /** Counts {@code call} and its instances as in flight while it is subscribed. */
  <T> Mono<T> inFlight(Mono<T> call, int instances) {
    return call.doOnSubscribe(subscription -> addInFlight(1, instances))
        .doFinally(end -> addInFlight(-1, -instances));
  }

  private void addInFlight(int calls, int instances) {
    inFlight.add(calls);
    instancesInFlight.add(instances);
  }

  /** Counts an accepted call whose outcome is pending. */
  void onAccepted() {
    awaited.incrementAndGet();
  }

  void onOutcome(ShutdownOutcome outcome, boolean wasAwaited) {
    of(outcome.kind()).increment();
    if (outcome.kind().isFailure()) {
      failures.incrementAndGet();
    }
    outcomes.incrementAndGet();
    // After the outcome was counted: briefly counted twice rather than not at all.
    if (wasAwaited) {
      awaited.decrementAndGet();
    }
  }

  /** Returns the number of accepted calls whose outcome is pending. */
  long awaited() {
    return awaited.get();
  }

  long outcomes() {
    return outcomes.get();
  }

  /**
   * Returns the number of instances with an answer of the service. A rejection is an outcome at
   * once, a stop only after the guest has shut down: relative to outcomes alone, failures would
   * dominate the first minute.
   */
  long answered() {
    return outcomes.get() + awaited.get();
  }

  /** Returns the number of instances that reached the goal, or accepted and awaited. */
  long succeeded() {
    return answered() - failures() - of(Kind.SKIPPED).sum();
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
    long running = of(Kind.STARTED).sum();
    long alreadyRunning = of(Kind.ALREADY_RUNNING).sum();
    long accepted = of(Kind.ACCEPTED).sum();
    long dryRunPassed = of(Kind.DRY_RUN_PASSED).sum();
    long failed = of(Kind.FAILED).sum();
    long unconfirmed = of(Kind.UNCONFIRMED).sum();
    long skipped = of(Kind.SKIPPED).sum();
    // Read last, so that outcomes never exceed instances.
    return new ShutdownProgress(
        state,
        wave,
        started.sum(),
        inFlight.sum(),
        instancesInFlight.sum(),
        stopped,
        alreadyStopped,
        accepted,
        dryRunPassed,
        failed,
        unconfirmed,
        skipped,
        awaited.get(),
        running,
        alreadyRunning);
  }
}
