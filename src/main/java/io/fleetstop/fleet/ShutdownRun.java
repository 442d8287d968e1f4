package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Handle on one run of a {@link FleetShutdown}: observes, pauses, resumes and drains it. Safe for
 * concurrent use; it owns no resource that must be closed. The rate of the run is changed at the
 * limiter of the client.
 */
public final class ShutdownRun {

  private static final Duration PROGRESS_PERIOD = Duration.ofMillis(100);

  private final Flux<InstanceId> ids;
  private final ShutdownEngine engine;
  private final ActiveRuns activeRuns;
  private final RunListener listener;
  private final AtomicBoolean subscribed = new AtomicBoolean();
  private volatile @Nullable Throwable error;

  ShutdownRun(
      Flux<InstanceId> ids, ShutdownEngine run, ActiveRuns activeRuns, RunListener listener) {
    this.ids = ids;
    this.engine = run;
    this.activeRuns = activeRuns;
    this.listener = listener;
  }

  /**
   * Returns the outcomes, as described at {@link
   * FleetShutdown#stop(org.reactivestreams.Publisher)}. The subscription starts the run. A second
   * subscription fails with an {@code IllegalStateException}.
   */
  public Flux<ShutdownOutcome> outcomes() {
    return Flux.deferContextual(
        context ->
            subscribed.compareAndSet(false, true)
                ? outcomes(RunListeners.with(listener, context), context)
                : Flux.error(new IllegalStateException("a run has one subscriber")));
  }

  private Flux<ShutdownOutcome> outcomes(RunListener listeners, ContextView context) {
    Consumer<String> onFallback = reason -> listeners.batchesUnavailable(this, reason);
    return Flux.using(
            () -> engine,
            begun -> begun.outcomes(ids, context, onFallback),
            ShutdownEngine::dispose)
        .doOnNext(outcome -> listeners.outcomeEmitted(this, outcome))
        .doOnError(failure -> error = failure)
        .doFirst(
            () -> {
              listeners.runStarted(this);
              activeRuns.add(engine);
            })
        // After the terminal signal was delivered, not before.
        .doFinally(
            signal -> {
              activeRuns.remove(engine);
              listeners.runTerminated(this);
            });
  }

  /**
   * Sends no stop request until {@link #resume()}. Requests on the wire complete. A call that waits
   * for a permit or a retry is cancelled and repeated after {@link #resume()}. Polling of accepted
   * instances continues. Has no effect on a paused or draining run.
   */
  public void pause() {
    engine.pause();
  }

  /** Resumes a paused run. Has no effect otherwise. */
  public void resume() {
    engine.resume();
  }

  /**
   * Ends the run early, paused or not. No new stop request is sent. Requests on the wire complete
   * and are not retried. Queued instances, and rejected ones that would have been retried, become
   * {@link ShutdownOutcome.Skipped}. Accepted instances are no longer polled and become {@link
   * ShutdownOutcome.Unconfirmed}. Ids that were not started get no outcome. Then the run completes.
   */
  public void drain() {
    engine.drain();
  }

  /**
   * Ends the run early with an error, which {@link #outcomes()} emits last. No new stop request is
   * sent; requests on the wire complete and are not retried; queued instances become {@link
   * ShutdownOutcome.Skipped}. Unlike {@link #drain()}, accepted instances are polled until they
   * have their outcomes. Has no effect on a run that is ending.
   */
  public void stop(Throwable reason) {
    engine.stop(Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Whether the run was drained: by {@link #drain()}, by {@link FleetShutdown#drain()}, by {@link
   * ShutdownOptions#runDeadline()}, or because the client is being closed. Remains {@code true}
   * after the end of the run.
   */
  public boolean isDrained() {
    return engine.isDrained();
  }

  /**
   * Returns the error that the run ended with; {@code null} before its end, and if it completed,
   * drained or not, or was cancelled.
   */
  public @Nullable Throwable error() {
    return error;
  }

  /** Returns a snapshot of the progress. */
  public ShutdownProgress progress() {
    return engine.progress();
  }

  /**
   * Emits the progress of the run.
   *
   * <p><strong>Values:</strong> the current progress at subscription, then changes at most every
   * 100 ms, and a last value in state {@code TERMINATED}. <strong>Demand:</strong> a late or slow
   * subscriber gets the newest value, misses those between and never delays the run.
   * <strong>Completion:</strong> when the run terminates for any reason; never an error.
   * <strong>Threads:</strong> {@code Schedulers.parallel()}; the first and last value may also
   * arrive on the thread that requests or terminates. Each subscriber has a timer of its own.
   */
  public Flux<ShutdownProgress> progressUpdates() {
    Mono<ShutdownProgress> now = Mono.fromSupplier(engine::progress);
    Flux<ShutdownProgress> changes =
        Flux.interval(PROGRESS_PERIOD)
            .onBackpressureDrop()
            .takeUntilOther(engine.terminated())
            .map(tick -> engine.progress());
    return Flux.concat(now, changes, now).distinctUntilChanged();
  }
}
