package io.fleetstop;

import io.fleetstop.transport.ConnectionGauges;

/**
 * Live readings of a client, each by itself: they may be a moment apart from one another. Clients
 * that came from one another by {@link EcsClient#withRetryPolicy} have the same. Those of its pace
 * are with its {@link io.fleetstop.limit.RateLimiterRegistry}, which it may share.
 */
public interface ClientGauges {

  /** The region of the client. */
  String region();

  /** How many requests may be on the wire at once. */
  int maxInFlight();

  /** How many requests are on the wire, or on their way to it past all waiting. */
  int inFlight();

  /** How many calls have a permit and wait for one of the places on the wire. */
  int queued();

  /** The connections of the client's transport. */
  ConnectionGauges connections();
}
