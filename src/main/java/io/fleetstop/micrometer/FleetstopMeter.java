package io.fleetstop.micrometer;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/** The names of the meters, beside those of {@link FleetstopObservation}. */
public enum FleetstopMeter implements MeterDocumentation {
  /** The maximum of permits per second; infinite without a limit. */
  LIMITER_RATE(
      "fleetstop.limiter.rate", Meter.Type.GAUGE, "permits per second", LimiterKey.values()),

  /** The available permits. */
  LIMITER_AVAILABLE(
      "fleetstop.limiter.available", Meter.Type.GAUGE, "permits", LimiterKey.values()),

  /** The calls queued for a permit. */
  LIMITER_WAITING("fleetstop.limiter.waiting", Meter.Type.GAUGE, "calls", LimiterKey.values()),

  /** The calls that the service throttled. */
  LIMITER_THROTTLED(
      "fleetstop.limiter.throttled", Meter.Type.COUNTER, "calls", LimiterKey.values()),

  /**
   * The processes that share the rate of a limiter, for shared limiters only; 0 while the store
   * that they share is away.
   */
  LIMITER_MEMBERS("fleetstop.limiter.members", Meter.Type.GAUGE, "processes", LimiterKey.values()),

  /** The requests of a client in flight. */
  REQUESTS_IN_FLIGHT(
      "fleetstop.requests.in.flight", Meter.Type.GAUGE, "requests", ClientKey.values()),

  /** The limit of concurrent requests of a client, which time-outs lower and replies raise. */
  REQUESTS_LIMIT("fleetstop.requests.limit", Meter.Type.GAUGE, "requests", ClientKey.values()),

  /** The upper bound of that limit. */
  REQUESTS_MAX("fleetstop.requests.max", Meter.Type.GAUGE, "requests", ClientKey.values()),

  /** The requests of a client that have a permit and are queued for a slot. */
  REQUESTS_WAITING("fleetstop.requests.waiting", Meter.Type.GAUGE, "requests", ClientKey.values()),

  /** The connections of a client that are open or being opened. */
  CONNECTIONS_OPEN(
      "fleetstop.connections.open", Meter.Type.GAUGE, "connections", ClientKey.values()),

  /** The open connections of a client that carry no request. */
  CONNECTIONS_IDLE(
      "fleetstop.connections.idle", Meter.Type.GAUGE, "connections", ClientKey.values()),

  /** The instances of all runs that were started and have no outcome yet. */
  FLEET_OPEN("fleetstop.fleet.open", Meter.Type.GAUGE, "instances"),

  /** The stop calls in flight, waits and retries included. */
  FLEET_IN_FLIGHT("fleetstop.fleet.in.flight", Meter.Type.GAUGE, "calls"),

  /** The instances of the stop calls in flight: up to 100 of a call in batches. */
  FLEET_INSTANCES_IN_FLIGHT("fleetstop.fleet.instances.in.flight", Meter.Type.GAUGE, "instances"),

  /** The instances with an outcome. */
  FLEET_OUTCOMES("fleetstop.fleet.outcomes", Meter.Type.COUNTER, "instances", FleetKey.values());

  /** The keys of limiters. */
  public enum LimiterKey implements KeyName {
    /** The name of the account, chosen by the user. */
    ACCOUNT("account"),
    /** The region. */
    REGION("region"),
    /** The action. */
    ACTION("action");

    private final String key;

    LimiterKey(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }
  }

  /** The keys of clients. */
  public enum ClientKey implements KeyName {
    /** The region. */
    REGION("region");

    private final String key;

    ClientKey(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }
  }

  /** The keys of fleets. */
  public enum FleetKey implements KeyName {
    /** {@code STOPPED}, {@code ALREADY_STOPPED}, {@code FAILED} and so on. */
    OUTCOME("outcome"),
    /** The same as {@link FleetstopObservation.LowCardinality#ERROR_CODE}. */
    ERROR_CODE("error.code");

    private final String key;

    FleetKey(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }
  }

  private final String name;
  private final Meter.Type type;
  private final String baseUnit;

  @SuppressWarnings("ImmutableEnumChecker") // never exposed
  private final KeyName[] keys;

  FleetstopMeter(String name, Meter.Type type, String baseUnit, KeyName... keys) {
    this.name = name;
    this.type = type;
    this.baseUnit = baseUnit;
    this.keys = keys;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public Meter.Type getType() {
    return type;
  }

  @Override
  public String getBaseUnit() {
    return baseUnit;
  }

  @Override
  public KeyName[] getKeyNames() {
    return keys.clone();
  }
}
