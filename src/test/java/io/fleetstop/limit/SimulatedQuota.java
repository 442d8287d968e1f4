package io.fleetstop.limit;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleUnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.retry.Retry;

/**
 * A service with a quota and a caller with a backlog, seeded and in virtual time: calls take 20 to
 * 100 ms, are counted on arrival, and are retried after a jittered delay when throttled.
 */
final class SimulatedQuota {

  enum Shape {
    TOKEN_BUCKET,
    FIXED_WINDOWS
  }

  private static final int IN_FLIGHT = 64;
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Duration STEP = Duration.ofMillis(50);

  private final VirtualTimeScheduler time;
  private final Random random;
  private final Shape shape;
  private final DoubleUnaryOperator quota;
  private final double phase;
  private int burst = 10;
  private double stallEvery = Double.POSITIVE_INFINITY;
  private double stallSeconds;
  private double tokens = burst;
  private double filledAt;
  private double window = -1;
  private int inWindow;

  SimulatedQuota(VirtualTimeScheduler time, long seed, Shape shape, DoubleUnaryOperator quota) {
    this.time = time;
    this.random = new Random(seed);
    this.shape = shape;
    this.quota = quota;
    this.phase = random.nextDouble();
  }

  /** Sets the calls that may arrive at once after an idle time, 10 by default. */
  SimulatedQuota burst(int calls) {
    burst = calls;
    tokens = calls;
    return this;
  }

  /** Stalls the service for some seconds, once in {@code every} seconds. */
  void stall(double every, double seconds) {
    stallEvery = every;
    stallSeconds = seconds;
  }

  /** The results of one caller: when its calls were accepted and throttled, in seconds. */
  static final class Caller {
    final List<Double> accepted = new ArrayList<>();
    final List<Double> refused = new ArrayList<>();
    double endedAt = Double.NaN;

    /** Returns the accepted calls per second of an interval. */
    double rate(double from, double to) {
      return accepted.stream().filter(at -> at >= from && at < to).count() / (to - from);
    }

    double refusedShare() {
      return (double) refused.size() / (refused.size() + accepted.size());
    }
  }

  /** Starts a caller of {@code calls} calls through {@code limiter}. */
  Caller start(RateLimiter limiter, int calls) {
    Caller caller = new Caller();
    Retry later = Retry.withThrowable(errors -> errors.flatMap(e -> pause(0, 500)));
    Flux.range(0, calls)
        .flatMap(i -> limiter.limit(call(caller, i)).retryWhen(later), IN_FLIGHT)
        .subscribe(i -> {}, e -> {}, () -> caller.endedAt = now());
    return caller;
  }

  /** Advances time until the caller has made all its calls. */
  void finish(Caller caller) {
    while (Double.isNaN(caller.endedAt) && now() < LONGEST.toSeconds()) {
      time.advanceTimeBy(STEP);
    }
  }

  double now() {
    return time.now(TimeUnit.NANOSECONDS) / 1e9;
  }

  private Mono<Integer> call(Caller caller, int id) {
    return Mono.defer(() -> pause(5, 20))
        .delayUntil(arrived -> stalled())
        .flatMap(
            arrived -> {
              if (admits()) {
                caller.accepted.add(now());
                return pause(15, 60).thenReturn(id);
              }
              caller.refused.add(now());
              return pause(5, 20).then(Mono.error(refusal()));
            });
  }

  private Mono<Long> stalled() {
    double into = now() % stallEvery;
    return now() > stallEvery && into < stallSeconds
        ? Mono.delay(Duration.ofNanos((long) ((stallSeconds - into) * 1e9)), time)
        : Mono.empty();
  }

  private Mono<Long> pause(double leastMillis, double spreadMillis) {
    double millis = leastMillis + spreadMillis * random.nextDouble();
    return Mono.delay(Duration.ofNanos((long) (millis * 1e6)), time);
  }

  private static EcsException refusal() {
    return EcsException.builder(
            ErrorCode.classify("FlowLimitExceeded", null, 429), Delivery.REJECTED)
        .httpStatus(429)
        .build();
  }

  private boolean admits() {
    double now = now();
    double perSecond = quota.applyAsDouble(now);
    if (shape == Shape.FIXED_WINDOWS) {
      double current = Math.floor(now + phase);
      if (current != window) {
        window = current;
        inWindow = 0;
      }
      return inWindow++ < perSecond;
    }
    tokens = Math.min(burst, tokens + (now - filledAt) * perSecond);
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
