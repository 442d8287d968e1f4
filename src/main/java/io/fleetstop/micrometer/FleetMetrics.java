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
 * Counts the outcomes of fleet runs, and the instances that are open and in flight: {@code
 * meters.outcomes(fleet.run(ids))}. One object serves all runs; a second one with the same registry
 * and tags would add to the counters, but its gauges would not be read.
 *
 * <p>Thread-safe. Its gauges retain it, and it retains the active runs.
 */
public final class FleetMetrics {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Set<Reading> readings = ConcurrentHashMap.newKeySet();

  /** One subscription to a run: a second one fails, and must not end the gauges of the first. */
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

  /** Creates metrics in this registry. */
  public static FleetMetrics of(MeterRegistry registry) {
    return of(registry, Tags.empty());
  }

  /**
   * Creates metrics with further tags. Do not use the id of a run: each would be a permanent meter.
   */
  public static FleetMetrics of(MeterRegistry registry, Iterable<Tag> tags) {
    FleetMetrics meters = new FleetMetrics(registry, Tags.of(tags));
    meters.gauge(FleetstopMeter.FLEET_OPEN, ShutdownProgress::open);
    meters.gauge(FleetstopMeter.FLEET_IN_FLIGHT, ShutdownProgress::inFlight);
    return meters;
  }

  /**
   * Returns the outcomes of {@code run}, each counted when emitted. While subscribed, the instances
   * of the run are included in the gauges. Otherwise the same as {@link ShutdownRun#outcomes()}.
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

  /** Returns the same outcomes, each counted when emitted. */
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
    return readings.stream().mapToLong(reading -> figure.applyAsLong(reading.run.progress())).sum();
  }
}
