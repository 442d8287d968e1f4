package io.fleetstop.simulated;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Flux;

/** Helpers of the tests against the simulator. */
final class Simulated {

  static final Duration PATIENCE = Duration.ofSeconds(50);

  private Simulated() {}

  static EcsSimulatorBuilder simulator() {
    return EcsSimulator.builder().seed(20261123).stopDelay(Duration.ofMillis(50));
  }

  static EcsClientBuilder client(EcsSimulator simulator) {
    return EcsClient.builder()
        .region("cn-beijing")
        .endpoint(simulator.endpoint())
        .credentials(
            CredentialsProvider.fixed(
                Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
        .rateLimiter(RateLimiter.unlimited())
        .retryPolicy(patience().build());
  }

  /** The default policy with shorter delays. */
  static RetryPolicy.Builder patience() {
    Backoff backoff = Backoff.fullJitter(Duration.ofMillis(10), Duration.ofMillis(200));
    return RetryPolicy.builder()
        .attemptTimeout(Duration.ofSeconds(2))
        .deadline(Duration.ofSeconds(20))
        .backoff(Category.SERVER, backoff)
        .backoff(Category.NETWORK, backoff)
        .backoff(Category.THROTTLED, backoff)
        .backoff(Category.IN_PROGRESS, backoff)
        .backoff(Category.BUSY, backoff)
        .backoff(Category.CAPACITY, backoff);
  }

  static ShutdownOptions.Builder options() {
    return ShutdownOptions.builder()
        .protectTag("")
        .runId("test-run")
        .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
        .busyBackoff(Backoff.fullJitter(Duration.ofMillis(10), Duration.ofMillis(200)))
        .awaitOptions(wait -> wait.timeout(Duration.ofSeconds(20)));
  }

  static Flux<InstanceId> ids(Collection<String> ids) {
    return Flux.fromIterable(ids).map(InstanceId::of);
  }

  static List<ShutdownOutcome> stop(
      EcsClient client, ShutdownOptions options, Collection<String> ids) {
    return Objects.requireNonNull(
        FleetShutdown.create(client, options).stop(ids(ids)).collectList().block(PATIENCE));
  }
}
