package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The clients under comparison. */
enum Contender {
  /** fleetstop with the rate configured. */
  KNOWN("known"),
  /** fleetstop with an adaptive rate; a higher ceiling where the default is too low. */
  ADAPTIVE("adaptive"),
  /** Volcengine's own SDK with its defaults and retries, on 64 threads. */
  OFFICIAL_64("official-64"),
  /** The same on 8. */
  OFFICIAL_8("official-8");

  /** The time-out of a run. */
  static final Duration PATIENCE = Duration.ofMinutes(15);

  private static final String REGION = "cn-beijing";
  private static final double RAISED_CEILING = 1_000;

  private final String label;

  Contender(String label) {
    this.label = label;
  }

  /** The name in the table. */
  String label() {
    return label;
  }

  boolean isOwn() {
    return this == KNOWN || this == ADAPTIVE;
  }

  /**
   * Stops a fleet; returns the number of instances reported as stopped.
   *
   * @param quota the greatest quota that there will be, per second
   * @param rate is given a gauge of the rate, where there is one
   */
  long stop(URI endpoint, List<String> ids, int quota, AtomicReference<DoubleSupplier> rate)
      throws InterruptedException {
    return switch (this) {
      case KNOWN -> paced(endpoint, ids, RateLimiter.tokenBucket(quota, 1));
      case ADAPTIVE -> {
        boolean aboveDefault = quota > AdaptiveOptions.DEFAULT_CEILING;
        AdaptiveOptions options =
            aboveDefault
                ? AdaptiveOptions.builder().ceiling(RAISED_CEILING).build()
                : AdaptiveOptions.defaults();
        var limiter = RateLimiter.adaptive(options);
        rate.set(limiter::rate);
        yield paced(endpoint, ids, limiter);
      }
      case OFFICIAL_64 -> OfficialSdk.stop(endpoint, ids, 64);
      case OFFICIAL_8 -> OfficialSdk.stop(endpoint, ids, 8);
    };
  }

  /** Stops instances without a rate limit, against a service without a quota. */
  void warmUp(URI endpoint, List<String> ids) throws InterruptedException {
    long stopped =
        isOwn()
            ? paced(endpoint, ids, RateLimiter.unlimited())
            : OfficialSdk.stop(endpoint, ids, 8);
    if (stopped != ids.size()) {
      throw new IllegalStateException(label + " stopped " + stopped + " of " + ids.size());
    }
  }

  private static long paced(URI endpoint, List<String> ids, RateLimiter limiter) {
    EcsClient client =
        EcsClient.builder()
            .region(REGION)
            .endpoint(endpoint)
            .credentials(credentials())
            .rateLimiter(limiter)
            .build();
    try {
      Long stopped =
          FleetShutdown.create(
                  client, ShutdownOptions.builder().protectTag("").awaitStopped(false).build())
              .stop(Flux.fromIterable(ids).map(InstanceId::of))
              .filter(ShutdownOutcome::isSuccess)
              .count()
              .block(PATIENCE);
      return stopped == null ? 0 : stopped;
    } finally {
      client.closeAsync().block(PATIENCE);
    }
  }

  /** Another caller: one call after another at a steady rate, regardless of the replies. */
  static Disposable intrude(URI endpoint, List<String> ids, double perSecond) {
    EcsClient client =
        EcsClient.builder()
            .region(REGION)
            .endpoint(endpoint)
            .credentials(credentials())
            .rateLimiter(RateLimiter.unlimited())
            .retryPolicy(RetryPolicy.builder().neverRetry(Category.THROTTLED).build())
            .build();
    return Flux.interval(Duration.ofNanos((long) (1e9 / perSecond)))
        .onBackpressureDrop()
        .zipWithIterable(ids)
        .flatMap(
            next ->
                client.stopInstance(StopInstance.of(next.getT2())).onErrorResume(e -> Mono.empty()))
        .doFinally(end -> client.closeAsync().subscribe())
        .subscribe();
  }

  private static CredentialsProvider credentials() {
    return CredentialsProvider.fixed(
        Credentials.of(EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY));
  }
}
