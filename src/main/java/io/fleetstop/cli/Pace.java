package io.fleetstop.cli;

import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.AdaptiveRateLimiter;
import io.fleetstop.limit.FixedRateLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How fast a run goes.
 *
 * @param stops the pace of stop calls, one for the whole run
 * @param isAdaptive whether that pace is found as the run goes
 * @param lookRate describe calls per second
 * @param maxInFlight calls on the wire at once
 */
record Pace(RateLimiter stops, boolean isAdaptive, double lookRate, int maxInFlight) {

  static final String STOP = "StopInstance";

  // What Volcengine's own Terraform provider holds itself to, per second and action.
  private static final double LOOK_RATE = 4;
  private static final int LOOK_BURST = 10;

  private static final int MAX_IN_FLIGHT = 64;

  /** A call that waits for its turn longer than this would better wait in the line of the fleet. */
  private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

  // The embedded simulator has no quota to find; the ramp alone would take as long as the run.
  private static final double SIMULATED_INITIAL_RATE = 500;
  private static final double SIMULATED_CEILING = 1_000;
  private static final double SIMULATED_LOOK_RATE = 1_000;

  static Pace of(StopArguments options) {
    boolean isSimulated = options.where.isSimulated();
    double lookRate = lookRate(isSimulated);
    Integer asked = options.pace.maxInFlight;
    Double rate = options.pace.rate;
    if (rate != null) {
      // Evenly spaced calls leave the service's own burst to the unevenness of the network.
      int burst = Objects.requireNonNullElse(options.pace.burst, 1);
      int inFlight = asked != null ? asked : inFlight(rate, options.patience.deadline);
      return new Pace(RateLimiter.tokenBucket(rate, burst), false, lookRate, inFlight);
    }
    AdaptiveOptions adaptive = adaptive(options.pace.maxRate, isSimulated);
    int inFlight =
        asked != null ? asked : inFlight(adaptive.initialRate(), options.patience.deadline);
    return new Pace(RateLimiter.adaptive(adaptive), true, lookRate, inFlight);
  }

  private static double lookRate(boolean isSimulated) {
    return isSimulated ? SIMULATED_LOOK_RATE : LOOK_RATE;
  }

  /** The limiters of a client that stops nothing. */
  static RateLimiterRegistry ofLooks(boolean isSimulated) {
    RateLimiter looks = RateLimiter.tokenBucket(lookRate(isSimulated), LOOK_BURST);
    return RateLimiterRegistry.of(scope -> looks);
  }

  private static AdaptiveOptions adaptive(@Nullable Double maxRate, boolean isSimulated) {
    double standard = isSimulated ? SIMULATED_CEILING : AdaptiveOptions.DEFAULT_CEILING;
    double ceiling = maxRate != null ? maxRate : standard;
    AdaptiveOptions.Builder builder =
        AdaptiveOptions.builder()
            .floor(Math.min(AdaptiveOptions.DEFAULT_FLOOR, ceiling))
            .ceiling(ceiling);
    if (isSimulated) {
      builder.initialRate(Math.min(SIMULATED_INITIAL_RATE, ceiling));
    }
    return builder.build();
  }

  /** As many as get their turn soon: a call's deadline runs while it waits for its permit. */
  private static int inFlight(double rate, @Nullable Duration deadline) {
    Duration patience =
        deadline != null ? deadline : Objects.requireNonNull(RetryPolicy.defaults().deadline());
    double seconds = Math.min(LONGEST_TURN.toMillis(), patience.toMillis() / 2) / 1_000.0;
    return (int) Math.max(1, Math.min(MAX_IN_FLIGHT, Math.ceil(rate * seconds)));
  }

  /** Changes the rate, or, where it is found as the run goes, what it does not go beyond. */
  void changeRate(double rate) {
    if (stops instanceof AdaptiveRateLimiter adaptive) {
      adaptive.changeBounds(Math.min(AdaptiveOptions.DEFAULT_FLOOR, rate), rate);
    } else if (stops instanceof FixedRateLimiter fixed) {
      fixed.changeRate(rate);
    }
  }

  /** How it goes: the rate at present if it is found as the run goes, and what was refused. */
  String describe(RequestStats calls) {
    double refused = calls.throttledShare(STOP);
    return (isAdaptive ? "limit " + Numbers.rate(stops.rate()) : "")
        + (isAdaptive && refused > 0 ? ", " : "")
        + (refused > 0 ? Numbers.share(refused) + " refused" : "");
  }

  /** The limiters of the client's calls. */
  RateLimiterRegistry limiters() {
    RateLimiter looks = RateLimiter.tokenBucket(lookRate, LOOK_BURST);
    return RateLimiterRegistry.of(scope -> scope.action().equals(STOP) ? stops : looks);
  }
}
