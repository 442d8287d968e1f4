package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownProgress.State;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * Handle on one run of a {@link MultiTargetShutdown}: observes, pauses, resumes and drains it. Safe
 * for concurrent use. It is composed of one {@link ShutdownRun} for each target.
 */
public final class MultiTargetRun {

  /** The number of outcomes that are requested of each target before they are taken. */
  static final int PREFETCH = 64;

  private final Map<Target, ShutdownRun> runs = new LinkedHashMap<>();
  private final FailureLimit limit;
  private final boolean continueOnTargetError;
  private final Map<Target, Throwable> errors = new ConcurrentHashMap<>();
  // The error that ends all targets.
  private final AtomicReference<@Nullable Throwable> ending = new AtomicReference<>();
  private final AtomicReference<@Nullable Throwable> firstError = new AtomicReference<>();
  private final AtomicBoolean subscribed = new AtomicBoolean();
  private @Nullable WaveBarrier barrier;

  MultiTargetRun(FailureLimit limit, boolean continueOnTargetError) {
    this.limit = limit;
    this.continueOnTargetError = continueOnTargetError;
  }

  void add(Target target, ShutdownRun run) {
    runs.put(target, run);
  }

  WaveBarrier inWaves(
      Collection<Target> targets,
      List<Long> ends,
      @Nullable WaveApproval approval,
      FailureLimit waveLimit) {
    WaveBarrier created =
        new WaveBarrier(targets, ends, approval, waveLimit, this::progress, this::stop);
    barrier = created;
    return created;
  }

  /**
   * Returns the outcomes, as described at {@link MultiTargetShutdown#stop}. The subscription starts
   * the run. A second subscription fails with an {@code IllegalStateException}.
   */
  public Flux<TargetOutcome> outcomes() {
    return Flux.defer(
        () ->
            subscribed.compareAndSet(false, true)
                ? Flux.fromIterable(runs.entrySet())
                    .flatMap(
                        entry -> outcomes(entry.getKey(), entry.getValue()),
                        Math.max(1, runs.size()),
                        PREFETCH)
                    .concatWith(Flux.defer(this::terminalSignal))
                : Flux.error(new IllegalStateException("a run has one subscriber")));
  }

  private Flux<TargetOutcome> outcomes(Target target, ShutdownRun run) {
    return run.outcomes()
        .map(outcome -> new TargetOutcome(target, outcome))
        .doOnNext(outcome -> requireWithinLimit())
        .onErrorResume(
            error -> {
              onError(target, error);
              return Flux.empty();
            })
        .doFinally(end -> leave(target));
  }

  private void leave(Target target) {
    WaveBarrier waves = barrier;
    if (waves != null) {
      waves.leave(target);
    }
  }

  private void requireWithinLimit() {
    ShutdownProgress now = progress();
    long answered = now.outcomes() + now.awaited();
    if (ending.get() == null && limit.isExceeded(now.failures(), answered)) {
      stop(
          StopErrors.budgetExhausted(
              now.failures()
                  + " of "
                  + answered
                  + " instances called in all targets are failed or unconfirmed, more than the"
                  + " limit of "
                  + limit));
    }
  }

  /** Starts no more instances in any target; the first error is that of the run. */
  private void stop(Throwable why) {
    if (ending.compareAndSet(null, why)) {
      runs.values().forEach(run -> run.stop(why));
    }
  }

  private void onError(Target target, Throwable error) {
    if (error == ending.get()) {
      return;
    }
    errors.put(target, error);
    firstError.compareAndSet(null, error);
    if (endsAll(error)) {
      stop(error);
    }
  }

  private boolean endsAll(Throwable error) {
    ErrorCode code = error instanceof EcsException known ? known.errorCode() : null;
    if (ClientErrors.JOURNAL_FAILED.equals(code) || ClientErrors.UNEXPECTED_SUCCESS.equals(code)) {
      return true;
    }
    // The limit of one target is not that of the others.
    return !continueOnTargetError && !ClientErrors.FAILURE_BUDGET_EXHAUSTED.equals(code);
  }

  private Flux<TargetOutcome> terminalSignal() {
    Throwable ended = ending.get();
    if (ended == null && !continueOnTargetError) {
      ended = firstError.get();
    }
    return ended == null ? Flux.empty() : Flux.error(ended);
  }

  /** Pauses every target, as {@link ShutdownRun#pause()} does. */
  public void pause() {
    runs.values().forEach(ShutdownRun::pause);
  }

  /** Resumes every target. */
  public void resume() {
    runs.values().forEach(ShutdownRun::resume);
  }

  /** Ends the run early in every target, as {@link ShutdownRun#drain()} does. */
  public void drain() {
    runs.values().forEach(ShutdownRun::drain);
  }

  /** Whether the run was drained, as {@link ShutdownRun#isDrained()} describes. */
  public boolean isDrained() {
    return runs.values().stream().anyMatch(ShutdownRun::isDrained);
  }

  /**
   * Returns the error of each target that ended by one of its own: rejected credentials, a failed
   * stream of ids, or its limit of failures. Unmodifiable; changes until the run has terminated.
   */
  public Map<Target, Throwable> errors() {
    return Collections.unmodifiableMap(errors);
  }

  /**
   * Returns a snapshot of the progress of one target.
   *
   * @throws IllegalArgumentException if the run does not have the target
   */
  public ShutdownProgress progress(Target target) {
    ShutdownRun run = runs.get(target);
    if (run == null) {
      throw new IllegalArgumentException(
          "target must be one of " + runs.keySet() + ", was " + target);
    }
    return run.progress();
  }

  /**
   * Returns a snapshot of the progress of all targets together. Its state is that of the target
   * that is the least far: running, or else paused, draining or terminated.
   */
  public ShutdownProgress progress() {
    WaveBarrier waves = barrier;
    ShutdownProgress sum =
        new ShutdownProgress(
            State.TERMINATED,
            waves == null ? 1 : waves.number(),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0);
    for (ShutdownRun run : runs.values()) {
      sum = sum(sum, run.progress());
    }
    return sum;
  }

  private static ShutdownProgress sum(ShutdownProgress one, ShutdownProgress other) {
    return new ShutdownProgress(
        one.state().compareTo(other.state()) < 0 ? one.state() : other.state(),
        one.wave(),
        one.started() + other.started(),
        one.inFlight() + other.inFlight(),
        one.instancesInFlight() + other.instancesInFlight(),
        one.stopped() + other.stopped(),
        one.alreadyStopped() + other.alreadyStopped(),
        one.accepted() + other.accepted(),
        one.dryRunPassed() + other.dryRunPassed(),
        one.failed() + other.failed(),
        one.unconfirmed() + other.unconfirmed(),
        one.skipped() + other.skipped(),
        one.awaited() + other.awaited(),
        one.running() + other.running(),
        one.alreadyRunning() + other.alreadyRunning());
  }

  /** The targets and the progress. */
  @Override
  public String toString() {
    return "MultiTargetRun[" + runs.keySet() + ", " + progress() + "]";
  }
}
