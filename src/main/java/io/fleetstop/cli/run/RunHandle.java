package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.fleet.MultiTargetRun;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRun;
import java.util.Objects;
import reactor.core.publisher.Flux;

/** A run of the command line, in one target or in several. */
public interface RunHandle {

  /** Returns the outcomes; the subscription starts the run. */
  Flux<OutcomeLine> outcomes();

  /** As {@link ShutdownRun#pause()}. */
  void pause();

  /** As {@link ShutdownRun#resume()}. */
  void resume();

  /** As {@link ShutdownRun#drain()}. */
  void drain();

  /** As {@link ShutdownRun#progress()}. */
  ShutdownProgress progress();

  /** Returns a run in one target. */
  static RunHandle of(ShutdownRun run) {
    return new DelegatingRun(
        () -> run.outcomes().map(OutcomeLine::of),
        run::pause,
        run::resume,
        run::drain,
        run::progress);
  }

  /**
   * Returns a run that machines share, of which {@code run} is the part of this one. The last
   * outcomes are those that this one leaves to the others.
   */
  static RunHandle of(RedisFleet fleet, SharedRun run) {
    Flux<OutcomeLine> left = Flux.defer(() -> Flux.fromIterable(run.left())).map(OutcomeLine::of);
    return new DelegatingRun(
        () ->
            run.outcomes()
                .map(OutcomeLine::of)
                .onErrorResume(error -> left.concatWith(Flux.error(error)))
                .concatWith(left),
        () -> fleet.pause().subscribe(),
        () -> fleet.resume().subscribe(),
        run::drain,
        () -> Objects.requireNonNull(run.progress(), "the machine has not joined yet"));
  }

  /** Returns a run in several targets. */
  static RunHandle of(MultiTargetRun run) {
    return new DelegatingRun(
        () -> run.outcomes().map(OutcomeLine::of),
        run::pause,
        run::resume,
        run::drain,
        run::progress);
  }
}
