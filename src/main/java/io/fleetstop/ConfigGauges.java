package io.fleetstop;

import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.transport.ConnectionGauges;
import io.fleetstop.transport.HttpExchange;

/** The gauges of what the calls of a client share. */
record ConfigGauges(String region, ConcurrencyLimiter places, HttpExchange transport)
    implements ClientGauges {

  @Override
  public int maxInFlight() {
    return places.maxInFlight();
  }

  @Override
  public int inFlight() {
    return places.inFlight();
  }

  @Override
  public int waiting() {
    return places.waiting();
  }

  @Override
  public ConnectionGauges connections() {
    return transport.connections();
  }
}
