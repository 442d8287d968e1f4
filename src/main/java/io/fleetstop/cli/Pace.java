package io.fleetstop.cli;

import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiters;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;

/**
 * How fast a run goes.
 *
 * @param stopRate stop calls per second
 * @param stopBurst stop calls at once
 * @param lookRate describe calls per second
 * @param maxInFlight calls on the wire at once
 * @param interruption lets no call through once it has come
 */
record Pace(
    double stopRate, int stopBurst, double lookRate, int maxInFlight, Interruption interruption) {

  // What Volcengine's own Terraform provider holds itself to, per second and action.
  private static final double CAUTIOUS_RATE = 4;
  private static final int CAUTIOUS_BURST = 10;

  /** More at once than can be on the wire would only wait there, with their deadlines running. */
  private static final int MAX_DEFAULT_BURST = 50;

  private static final int MAX_IN_FLIGHT = 64;

  private static final double SIMULATED_RATE = 500;
  private static final double SIMULATED_LOOK_RATE = 1_000;

  private static final String STOP = "StopInstance";

  static Pace of(StopArguments options, Interruption interruption) {
    boolean isSimulated = options.which.simulate != null;
    Double asked = options.pace.rate;
    double rate = asked != null ? asked : isSimulated ? SIMULATED_RATE : CAUTIOUS_RATE;
    boolean isDefault = asked == null && !isSimulated;
    Integer burst = options.pace.burst;
    Integer maxInFlight = options.pace.maxInFlight;
    return new Pace(
        rate,
        burst != null
            ? burst
            : isDefault ? CAUTIOUS_BURST : (int) Math.min(MAX_DEFAULT_BURST, Math.ceil(rate)),
        isSimulated ? SIMULATED_LOOK_RATE : CAUTIOUS_RATE,
        maxInFlight != null ? maxInFlight : MAX_IN_FLIGHT,
        interruption);
  }

  /** The limiters of the client's calls. */
  RateLimiters limiters() {
    return RateLimiters.of(
        scope -> interruption.gate(scope.action().equals(STOP) ? stops() : looks()));
  }

  /**
   * A limiter for taking up instances, at the pace of their stop calls. Without it instances would
   * wait for their turn with their deadlines running.
   */
  RateLimiter intake() {
    return stops();
  }

  /** A transport with a connection for each call on the wire. */
  HttpExchange transport() {
    return interruption.gate(
        NettyTransport.create(TransportOptions.builder().maxConnections(maxInFlight).build()));
  }

  private RateLimiter stops() {
    return RateLimiter.tokenBucket(stopRate, stopBurst);
  }

  private RateLimiter looks() {
    return RateLimiter.tokenBucket(lookRate, CAUTIOUS_BURST);
  }
}
