package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.micrometer.FleetstopMeter.FleetKey;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Objects;
import reactor.core.publisher.Flux;

/**
 * Counts what becomes of the instances of a fleet: {@code
 * fleet.stop(ids).transform(meters::count)}.
 */
public final class FleetMeters {

  private final MeterRegistry registry;
  private final Tags tags;

  private FleetMeters(MeterRegistry registry, Tags tags) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.tags = tags;
  }

  /** Meters of this registry. */
  public static FleetMeters of(MeterRegistry registry) {
    return new FleetMeters(registry, Tags.empty());
  }

  /** The same with further tags. Not the id of a run: each would be a meter that stays. */
  public static FleetMeters of(MeterRegistry registry, Iterable<Tag> tags) {
    return new FleetMeters(registry, Tags.of(tags));
  }

  /** The same outcomes, each counted as it passes. */
  public Flux<ShutdownOutcome> count(Flux<ShutdownOutcome> outcomes) {
    return outcomes.doOnNext(this::count);
  }

  private void count(ShutdownOutcome outcome) {
    EcsException error = outcome.error();
    Counter.builder(FleetstopMeter.FLEET_OUTCOMES.getName())
        .baseUnit(FleetstopMeter.FLEET_OUTCOMES.getBaseUnit())
        .tags(tags)
        .tag(FleetKey.OUTCOME.asString(), outcome.kind().name())
        .tag(
            FleetKey.ERROR_CODE.asString(),
            DefaultCallObservationConvention.errorCode(error == null ? null : error.errorCode())
                .getValue())
        .register(registry)
        .increment();
  }
}
