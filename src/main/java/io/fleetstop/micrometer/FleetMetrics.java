package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.RunListener;
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

/**
 * Counts the outcomes of fleet runs, and the instances that are open and the calls in flight:
 * {@code FleetShutdown.builder(client).listener(FleetMetrics.of(registry)).build()}. One object
 * serves all fleets; a second one with the same registry and tags would add to the counters, but
 * its gauges would not be read.
 *
 * <p>Thread-safe. Its gauges retain it, and it retains the active runs.
 */
public final class FleetMetrics implements RunListener {

  private final MeterRegistry registry;
  private final Tags tags;
  private final Set<ShutdownRun> active = ConcurrentHashMap.newKeySet();

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
    meters.gauge(FleetstopMeter.FLEET_INSTANCES_IN_FLIGHT, ShutdownProgress::instancesInFlight);
    return meters;
  }

  @Override
  public void runStarted(ShutdownRun run) {
    active.add(run);
  }

  @Override
  public void outcomeEmitted(ShutdownRun run, ShutdownOutcome outcome) {
    count(outcome);
  }

  @Override
  public void runTerminated(ShutdownRun run) {
    active.remove(run);
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
    return active.stream().mapToLong(run -> figure.applyAsLong(run.progress())).sum();
  }
}
