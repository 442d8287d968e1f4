package io.fleetstop.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * One process of a measurement: calls as fast as its limiter lets it, and prints each tenth of a
 * second how many calls were accepted and refused.
 *
 * <p>Arguments: URL of Redis or {@code none}, endpoint, instance, seconds, and the rate or {@code
 * adaptive}. The start is read when it is ready, in milliseconds since 1970.
 */
final class PaceWorker implements CallListener {

  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  private PaceWorker() {}

  public static void main(String[] args) {
    new PaceWorker().run(args);
  }

  private void run(String[] args) {
    RedisConnection connection =
        args[0].equals("none")
            ? null
            : RedisConnection.connect(RedisOptions.of(args[0])).block(Duration.ofSeconds(30));
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(URI.create(args[1]))
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(
                        EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY)))
            .retryPolicy(RetryPolicy.builder().deadline(Duration.ofMinutes(10)).build())
            .rateLimiters(limiters(connection, args[4]))
            .maxInFlight(64)
            .listener(this)
            .build();
    // Loads classes and opens connections; the action has a quota of its own.
    client.describeInstances(DescribeInstances.ofIds(List.of(InstanceId.of(args[2])))).blockLast();
    System.out.println("ready");
    long start = Long.parseLong(new Scanner(System.in, UTF_8).nextLine());
    long seconds = Long.parseLong(args[3]);
    Flux.interval(Duration.ofMillis(100)).subscribe(unused -> print());
    Mono.delay(Duration.ofMillis(Math.max(1, start - System.currentTimeMillis())))
        .thenMany(
            Flux.range(0, Integer.MAX_VALUE)
                .flatMap(
                    i ->
                        client
                            .stopInstance(StopInstance.of(args[2]))
                            .then()
                            .onErrorResume(failure -> Mono.empty()),
                    64))
        .take(Duration.ofMillis(start + seconds * 1_000 - System.currentTimeMillis()))
        .blockLast();
    print();
    Runtime.getRuntime().halt(0);
  }

  private static RateLimiterRegistry limiters(@Nullable RedisConnection connection, String rate) {
    boolean adaptive = rate.equals("adaptive");
    AdaptiveOptions options = AdaptiveOptions.builder().ceiling(1_000).build();
    TokenBucketOptions fixed = TokenBucketOptions.of(adaptive ? 1 : Double.parseDouble(rate), 1);
    if (connection == null) {
      return RateLimiterRegistry.of(
          scope -> adaptive ? RateLimiter.adaptive(options) : RateLimiter.tokenBucket(fixed));
    }
    RedisRateLimiters shared = RedisRateLimiters.on(connection);
    return RateLimiterRegistry.of(
        scope ->
            scope.action().equals("DescribeInstances")
                ? RateLimiter.unlimited()
                : adaptive ? shared.adaptive(scope, options) : shared.fixed(scope, fixed));
  }

  private void print() {
    System.out.println(
        System.currentTimeMillis() + " " + accepted.getAndSet(0) + " " + refused.getAndSet(0));
  }

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
    accepted.incrementAndGet();
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    if (failure.category() == Category.THROTTLED) {
      refused.incrementAndGet();
    } else if (failure.httpStatus() != null) {
      accepted.incrementAndGet();
    } else {
      System.out.println("failed " + failure.getMessage());
    }
  }
}
