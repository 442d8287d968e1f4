package io.fleetstop.micrometer;

import io.fleetstop.ClientGauges;
import io.fleetstop.EcsClient;
import io.fleetstop.micrometer.FleetstopMeter.ClientKey;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Binds the requests and connections of a client. Two clients of a region need a distinguishing
 * tag. The meters do not keep the client alive.
 */
public final class ClientMetrics implements MeterBinder {

  private final EcsClient client;
  private final Tags tags;

  /** Creates the metrics of {@code client}. */
  public ClientMetrics(EcsClient client) {
    this(client, Tags.empty());
  }

  /** Creates the metrics with further tags. */
  public ClientMetrics(EcsClient client, Iterable<Tag> tags) {
    this.client = Objects.requireNonNull(client, "client");
    this.tags = Tags.of(tags);
  }

  /**
   * Registers the meters.
   *
   * @throws UnsupportedOperationException if the client has no {@link EcsClient#gauges()}
   */
  @Override
  public void bindTo(MeterRegistry registry) {
    Tags own = tags.and(ClientKey.REGION.asString(), client.gauges().region());
    gauge(FleetstopMeter.REQUESTS_IN_FLIGHT, registry, own, ClientGauges::inFlight);
    gauge(FleetstopMeter.REQUESTS_LIMIT, registry, own, ClientGauges::inFlightLimit);
    gauge(FleetstopMeter.REQUESTS_MAX, registry, own, ClientGauges::maxInFlight);
    gauge(FleetstopMeter.REQUESTS_WAITING, registry, own, ClientGauges::queued);
    gauge(FleetstopMeter.CONNECTIONS_OPEN, registry, own, gauges -> gauges.connections().open());
    gauge(FleetstopMeter.CONNECTIONS_IDLE, registry, own, gauges -> gauges.connections().idle());
  }

  private void gauge(
      FleetstopMeter meter,
      MeterRegistry registry,
      Tags own,
      ToDoubleFunction<ClientGauges> reading) {
    Gauge.builder(meter.getName(), client, counted -> reading.applyAsDouble(counted.gauges()))
        .baseUnit(meter.getBaseUnit())
        .tags(own)
        .register(registry);
  }
}
