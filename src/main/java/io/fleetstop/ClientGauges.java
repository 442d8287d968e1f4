package io.fleetstop;

import io.fleetstop.transport.ConnectionCounts;

/**
 * Gauges of a client. Each is read by itself; together they are no consistent snapshot. Clients
 * made by {@link EcsClient#withRetryPolicy} share them. The gauges of the rate limits are those of
 * the {@link io.fleetstop.limit.RateLimiterRegistry}, which clients may share too.
 */
public interface ClientGauges {

  /** The region of the client. */
  String region();

  /** The upper bound of {@link #inFlightLimit()}. */
  int maxInFlight();

  /** The limit of concurrent requests, which time-outs lower and replies raise. */
  int inFlightLimit();

  /** The requests that hold a slot. */
  int inFlight();

  /** The calls that have a permit and are queued for a slot. */
  int queued();

  /** The connections of the transport. */
  ConnectionCounts connections();
}
