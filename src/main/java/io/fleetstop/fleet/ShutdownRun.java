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
  private final ShutdownEngine run;
  private final AtomicBoolean isBegun = new AtomicBoolean();

  ShutdownRun(Flux<InstanceId> ids, ShutdownEngine run) {
    this.ids = ids;
    this.run = run;
  }

  /**
   * The outcomes, as {@link FleetShutdown#stop(org.reactivestreams.Publisher)} describes them. The
   * run begins when they are subscribed to, which can be done once: a second subscription gets an
   * {@code IllegalStateException}.
   */
  public Flux<ShutdownOutcome> outcomes() {
    return Flux.deferContextual(
        context ->
            isBegun.compareAndSet(false, true)
                ? Flux.using(
                    () -> run, begun -> begun.outcomes(ids, context), ShutdownEngine::dispose)
                : Flux.error(new IllegalStateException("a run has one subscriber")));
  }

  /**
   * Calls no instance from now on. Requests on the wire end by themselves; a call that waits for
   * its permit, or to be tried again, is taken back, and made anew when the run goes on. Waiting
   * for instances to stop goes on. Without effect if the run is paused or ended.
   */
  public void pause() {
    run.pause();
  }

  /** Goes on after a pause. Without effect otherwise. */
  public void goOn() {
    run.goOn();
  }

  /**
   * Ends the run early, paused or not. From now on nothing new is sent. Requests on the wire end by
   * themselves, and are not tried again. Instances whose turn had not come, or that were refused
   * and would have been tried again, are {@link ShutdownOutcome.Skipped}; those that have not been
   * seen as stopped are not waited for any more, and are {@link ShutdownOutcome.Unconfirmed}; ids
   * that were not taken up have no outcome. Then the run completes.
   */
  public void end() {
    run.end();
  }

  /** How far the run has come at this moment. */
  public ShutdownProgress now() {
    return run.progress();
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
  public Flux<ShutdownProgress> progress() {
    Mono<ShutdownProgress> now = Mono.fromSupplier(run::progress);
    Flux<ShutdownProgress> changes =
        Flux.interval(PROGRESS_PERIOD)
            .onBackpressureDrop()
            .takeUntilOther(run.over())
            .map(tick -> run.progress());
    return Flux.concat(now, changes, now).distinctUntilChanged();
  }
}
