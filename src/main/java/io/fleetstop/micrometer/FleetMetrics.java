package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.micrometer.FleetstopMeter.FleetKey;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import reactor.core.publisher.Flux;

/**
 * Counts what becomes of the instances of fleets, and how many are open and in flight while they
 * run: {@code meters.outcomes(fleet.run(ids))}. One object serves all runs; a second one of the
 * same registry and tags would add to the counts, but its gauges would not be read.
 *
 * <p>Thread-safe. Its gauges keep it, and it keeps the runs that go on.
 */
public final class FleetMetrics {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Set<Reading> readings = ConcurrentHashMap.newKeySet();

  /** One subscription to a run: a second one fails, and must not end the reading of the first. */
  private static final class Reading {

    private final ShutdownRun run;

    Reading(ShutdownRun run) {
      this.run = run;
    }
  }

  private FleetMetrics(MeterRegistry registry, Tags tags) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.tags = tags;
  }

  /** Meters of this registry. */
  public static FleetMetrics of(MeterRegistry registry) {
    return of(registry, Tags.empty());
  }

  /** The same with further tags. Not the id of a run: each would be a meter that stays. */
  public static FleetMetrics of(MeterRegistry registry, Iterable<Tag> tags) {
    FleetMetrics meters = new FleetMetrics(registry, Tags.of(tags));
    meters.gauge(FleetstopMeter.FLEET_OPEN, ShutdownProgress::open);
    meters.gauge(FleetstopMeter.FLEET_IN_FLIGHT, ShutdownProgress::inFlight);
    return meters;
  }

  /**
   * The outcomes of {@code run}, each counted as it passes; while they are subscribed to, the
   * instances of the run are in the gauges. Otherwise as {@link ShutdownRun#outcomes()}.
   */
  public Flux<ShutdownOutcome> outcomes(ShutdownRun run) {
    Objects.requireNonNull(run, "run");
    return Flux.using(() -> begin(run), begun -> count(run.outcomes()), readings::remove);
  }

  private Reading begin(ShutdownRun run) {
    Reading reading = new Reading(run);
    readings.add(reading);
    return reading;
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

  private void gauge(FleetstopMeter meter, ToLongFunction<ShutdownProgress> figure) {
    Gauge.builder(meter.getName(), () -> sum(figure))
        .baseUnit(meter.getBaseUnit())
        .tags(tags)
        .register(registry);
  }

  private long sum(ToLongFunction<ShutdownProgress> figure) {
    return readings.stream().mapToLong(reading -> figure.applyAsLong(reading.run.now())).sum();
  }
}
