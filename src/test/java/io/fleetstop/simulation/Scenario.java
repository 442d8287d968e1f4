package io.fleetstop.simulation;

import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The parameters that a seed stands for. */
final class Scenario {

  private static final double[] FAULT_RATES = {0, 0.02, 0.1, 0.3, 0.6};
  private static final Duration[] CLOCK_JUMPS = {
    Duration.ofMinutes(20), Duration.ofHours(-3), Duration.ofHours(6), Duration.ofMinutes(-1)
  };

  final SplittableRandom random;
  final List<String> ids = new ArrayList<>();
  final double faultRate;
  final double quota;
  final Duration stopDelay;
  final boolean journaled;
  final boolean slowConsumer;
  final boolean controlled;
  final boolean sourceFails;
  final boolean clockJumps;
  final int maxLives;
  final int clientMaxInFlight;
  final ShutdownOptions options;
  final BatchBehaviour batches;
  private final double rate;

  Scenario(long seed) {
    random = new SplittableRandom(seed);
    faultRate = pick(FAULT_RATES);
    quota = chance(0.4) ? 1 + random.nextInt(30) : Double.POSITIVE_INFINITY;
    stopDelay = Duration.ofMillis(random.nextInt(20_000));
    journaled = chance(0.7);
    slowConsumer = chance(0.4);
    controlled = chance(0.5);
    sourceFails = chance(0.05);
    clockJumps = chance(0.2);
    maxLives = journaled && chance(0.6) ? 2 + random.nextInt(2) : 1;
    clientMaxInFlight = 1 + random.nextInt(8);
    rate = chance(0.3) ? 0 : 1 + random.nextInt(40);
    ShutdownOptions.Builder builder =
        ShutdownOptions.builder()
            .protectTag("")
            .runId("run-" + seed)
            .forceStop(chance(0.2))
            .dryRun(chance(0.1))
            .awaitStopped(chance(0.85))
            .awaitOptions(wait -> wait.timeout(Duration.ofSeconds(10 + random.nextInt(50))))
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(200 + random.nextInt(2_000))))
            .awaitOptions(wait -> wait.maxPollInterval(Duration.ofSeconds(5)))
            .busyTimeout(Duration.ofSeconds(10 + random.nextInt(20)))
            .busyBackoff(backoff(4_000))
            .maxInFlight(1 + random.nextInt(16))
            .maxOpen(1 + random.nextInt(50))
            .failureLimit(
                chance(0.2) ? FailureLimit.count(random.nextInt(5)) : FailureLimit.none());
    // Of its own, so that a seed without batches is the same as before there were any.
    SplittableRandom batchRandom = new SplittableRandom(~seed);
    if (batchRandom.nextBoolean()) {
      builder.batchSize(1 + batchRandom.nextInt(batchRandom.nextBoolean() ? 100 : 8));
    }
    batches = BatchBehaviour.draw(batchRandom, faultRate);
    options = builder.build();
    int size = 1 + random.nextInt(chance(0.2) ? 60 : 15);
    for (int i = 0; i < size; i++) {
      ids.add("i-" + (chance(0.05) && i > 0 ? random.nextInt(i) : i));
    }
  }

  /** Whether every ordinary instance must be stopped: nothing that excuses another outcome. */
  boolean mustSucceed() {
    return faultRate == 0
        && Double.isInfinite(quota)
        && !controlled
        && !sourceFails
        && maxLives == 1
        && stopDelay.compareTo(options.awaitOptions().timeout().minusSeconds(5)) < 0
        && options.failureLimit().equals(FailureLimit.none());
  }

  void fill(ModelService service) {
    ModelService.Kind[] kinds = ModelService.Kind.values();
    for (String id : ids.stream().distinct().toList()) {
      ModelService.Kind kind =
          chance(0.7) ? ModelService.Kind.ORDINARY : kinds[random.nextInt(kinds.length)];
      service.add(id, kind, Duration.ofMillis(random.nextInt(15_000)));
    }
  }

  RetryPolicy retryPolicy() {
    RetryPolicy.Builder policy =
        RetryPolicy.builder()
            .maxAttempts(1 + random.nextInt(6))
            .attemptTimeout(Duration.ofMillis(500 + random.nextInt(5_000)));
    for (Category category :
        List.of(
            Category.SERVER,
            Category.NETWORK,
            Category.THROTTLED,
            Category.IN_PROGRESS,
            Category.BUSY,
            Category.CAPACITY)) {
      policy.backoff(category, backoff(2_000));
    }
    return chance(0.5)
        ? policy.deadline(Duration.ofSeconds(5 + random.nextInt(60))).build()
        : policy.noDeadline().build();
  }

  RateLimiter limiter() {
    if (rate == 0) {
      return RateLimiter.unlimited();
    }
    return rate < 15
        ? RateLimiter.adaptive(AdaptiveOptions.builder().initialRate(rate).build())
        : RateLimiter.tokenBucket(rate, 1 + random.nextInt(5));
  }

  Duration clockJump() {
    return CLOCK_JUMPS[random.nextInt(CLOCK_JUMPS.length)];
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  Duration upTo(int millis) {
    return Duration.ofMillis(random.nextInt(millis));
  }

  // The random number that a policy passes is not the seed's.
  private Backoff backoff(int maxMillis) {
    SplittableRandom own = random.split();
    return (retry, unseeded) -> Duration.ofMillis(own.nextInt(maxMillis));
  }

  private double pick(double[] values) {
    return values[random.nextInt(values.length)];
  }
}
