package io.fleetstop;

import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.transport.ConnectionCounts;
import io.fleetstop.transport.HttpExchange;

/** Reads the gauges from the resources that the calls of a client share. */
record ConfigGauges(String region, ConcurrencyLimiter slots, HttpExchange transport)
    implements ClientGauges {

  @Override
  public int maxInFlight() {
    return slots.maxInFlight();
  }

  @Override
  public int inFlightLimit() {
    return slots.limit();
  }

  @Override
  public int inFlight() {
    return slots.inFlight();
  }

  @Override
  public int queued() {
    return slots.waiting();
  }

  @Override
  public ConnectionCounts connections() {
    return transport.connections();
  }
}
