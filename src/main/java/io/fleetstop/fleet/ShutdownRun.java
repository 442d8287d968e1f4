package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One run of a {@link FleetShutdown}, to be watched, paused and ended while it goes on. Safe for
 * concurrent use; it owns nothing that must be closed. How fast it goes is changed at the limiter
 * that the client was built with.
 */
public final class ShutdownRun {

  private static final Duration PROGRESS_PERIOD = Duration.ofMillis(100);

  private final Flux<InstanceId> ids;
  private final ShutdownEngine engine;
  private final AtomicBoolean subscribed = new AtomicBoolean();

  ShutdownRun(Flux<InstanceId> ids, ShutdownEngine run) {
    this.ids = ids;
    this.engine = run;
  }

  /**
   * The outcomes, as {@link FleetShutdown#stop(org.reactivestreams.Publisher)} describes them. The
   * run begins when they are subscribed to, which can be done once: a second subscription gets an
   * {@code IllegalStateException}.
   */
  public Flux<ShutdownOutcome> outcomes() {
    return Flux.deferContextual(
        context ->
            subscribed.compareAndSet(false, true)
                ? Flux.using(
                    () -> engine, begun -> begun.outcomes(ids, context), ShutdownEngine::dispose)
                : Flux.error(new IllegalStateException("a run has one subscriber")));
  }

  /**
   * Calls no instance from now on. Requests on the wire end by themselves; a call that waits for
   * its permit, or to be tried again, is taken back, and made anew when the run goes on. Waiting
   * for instances to stop goes on. Without effect if the run is paused or ended.
   */
  public void pause() {
    engine.pause();
  }

  /** Goes on after a pause. Without effect otherwise. */
  public void resume() {
    engine.resume();
  }

  /**
   * Ends the run early, paused or not. From now on nothing new is sent. Requests on the wire end by
   * themselves, and are not tried again. Instances whose turn had not come, or that were refused
   * and would have been tried again, are {@link ShutdownOutcome.Skipped}; those that have not been
   * seen as stopped are not waited for any more, and are {@link ShutdownOutcome.Unconfirmed}; ids
   * that were not taken up have no outcome. Then the run completes.
   */
  public void drain() {
    engine.drain();
  }

  /** How far the run has come at this moment. */
  public ShutdownProgress progress() {
    return engine.progress();
  }

  /**
   * How far the run has come.
   *
   * <p><strong>Values:</strong> the state at subscription, then at most one each 100 ms if it has
   * changed, and at last one in state {@code ENDED}. <strong>Demand:</strong> a subscriber that is
   * late or slow gets the newest, misses those between, and holds up nothing. <strong>Completion:
   * </strong> with the run, however that ends; never an error. <strong>Threads:</strong> those of
   * {@code Schedulers.parallel()}, and for the first and the last also the one that asks or ends
   * the run. A timer runs for each subscriber, and none without.
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
