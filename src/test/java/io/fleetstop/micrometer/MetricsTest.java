package io.fleetstop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.limit.QuotaStore;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class MetricsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final CredentialsProvider CREDENTIALS =
      CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret"));

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  /** Never asked, since no permit is acquired. */
  private static final QuotaStore NO_STORE =
      new QuotaStore() {
        @Override
        public Mono<Lease> lease(LeaseRequest request) {
          return Mono.never();
        }

        @Override
        public Mono<SharedRate> decide(Decision decision) {
          return Mono.never();
        }

        @Override
        public Flux<SharedRate> decisions() {
          return Flux.never();
        }
      };

  private double gauge(FleetstopMeter meter) {
    return meters.get(meter.getName()).gauge().value();
  }

  private EcsClient client(RateLimiterRegistry limiters, ScriptedExchange service) {
    return EcsClient.builder()
        .region("cn-beijing")
        .account("prod")
        .credentials(CREDENTIALS)
        .transport(service)
        .rateLimiters(limiters)
        .maxInFlight(1)
        .retryPolicy(RetryPolicy.builder().backoff(Category.THROTTLED, Backoff.none()).build())
        .build();
  }

  @Test
  void limiterMetrics_appearWithTheFirstCall() {
    RateLimiterRegistry limiters =
        RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(0.001, 3));
    EcsClient client =
        client(
            limiters,
            ScriptedExchange.answering(
                ScriptedExchange.error(429, "FlowLimitExceeded"), ScriptedExchange.accepted()));
    new RateLimiterMetrics(limiters).bindTo(meters);
    assertThat(meters.getMeters()).isEmpty();

    StepVerifier.create(client.stopInstance(StopInstance.of("i-1")))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);

    Tags tags = Tags.of("account", "prod", "region", "cn-beijing", "action", "StopInstance");
    assertThat(meters.getMeters()).hasSize(4);
    assertThat(meters.get("fleetstop.limiter.rate").tags(tags).gauge().value()).isEqualTo(0.001);
    assertThat(gauge(FleetstopMeter.LIMITER_AVAILABLE)).isEqualTo(1);
    assertThat(gauge(FleetstopMeter.LIMITER_WAITING)).isZero();
    assertThat(meters.get("fleetstop.limiter.throttled").tags(tags).functionCounter().count())
        .isEqualTo(1);
  }

  @Test
  void queuedCalls_areCounted() {
    RateLimiterRegistry limiters =
        RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(0.001, 1));
    RateLimiter limiter = limiters.limiter(new Scope("prod", "cn-beijing", "StopInstance"));
    new RateLimiterMetrics(limiters, Tags.of("service", "night")).bindTo(meters);

    Disposable first = limiter.acquire().subscribe();
    Disposable second = limiter.acquire().subscribe();

    assertThat(gauge(FleetstopMeter.LIMITER_WAITING)).isEqualTo(1);
    assertThat(gauge(FleetstopMeter.LIMITER_AVAILABLE)).isZero();
    assertThat(meters.getMeters())
        .allSatisfy(meter -> assertThat(meter.getId().getTag("service")).isEqualTo("night"));
    first.dispose();
    second.dispose();
    assertThat(gauge(FleetstopMeter.LIMITER_WAITING)).isZero();
  }

  @Test
  void requestsInFlightAndQueued_areCounted() {
    EcsClient client =
        client(
            RateLimiterRegistry.of(scope -> RateLimiter.unlimited()),
            ScriptedExchange.answering(Mono.never()));
    new ClientMetrics(client, Tags.of("client", "night")).bindTo(meters);

    Disposable.Composite calls = Disposables.composite();
    for (int i = 0; i < 3; i++) {
      calls.add(client.stopInstance(StopInstance.of("i-" + i)).subscribe());
    }

    assertThat(gauge(FleetstopMeter.REQUESTS_IN_FLIGHT)).isEqualTo(1);
    assertThat(gauge(FleetstopMeter.REQUESTS_WAITING)).isEqualTo(2);
    assertThat(gauge(FleetstopMeter.REQUESTS_MAX)).isEqualTo(1);
    assertThat(gauge(FleetstopMeter.CONNECTIONS_OPEN)).as("not counted").isZero();
    calls.dispose();
    assertThat(gauge(FleetstopMeter.REQUESTS_IN_FLIGHT)).isZero();
    assertThat(gauge(FleetstopMeter.REQUESTS_WAITING)).isZero();
  }

  @Test
  void runningInstances_areOpenAndInFlight() {
    // Each instance is accepted on a signal of the test, and not polled before tomorrow.
    Duration day = Duration.ofDays(1);
    Sinks.Empty<Void> first = Sinks.empty();
    ScriptedExchange service =
        ScriptedExchange.answering(
            first.asMono().then(ScriptedExchange.accepted()), Mono.never(), Mono.never());
    FleetMetrics fleets = FleetMetrics.of(meters, Tags.of("service", "night"));
    FleetShutdown fleet =
        FleetShutdown.builder(
                EcsClient.builder()
                    .region("cn-beijing")
                    .credentials(CREDENTIALS)
                    .transport(service)
                    .rateLimiter(RateLimiter.unlimited())
                    .build())
            .options(
                ShutdownOptions.builder()
                    .protectTag("")
                    .awaitOptions(wait -> wait.maxPollInterval(day))
                    .awaitOptions(wait -> wait.pollInterval(day))
                    .build())
            .listener(fleets)
            .build();
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).isZero();
    ShutdownRun run = fleet.run(Flux.just("i-1", "i-2").map(InstanceId::of));

    Disposable one = run.outcomes().subscribe();
    Disposable another = fleet.stop(Mono.just(InstanceId.of("i-3"))).subscribe();
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).isEqualTo(3);
    assertThat(gauge(FleetstopMeter.FLEET_IN_FLIGHT)).isEqualTo(3);

    first.tryEmitEmpty();
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).as("not seen as stopped").isEqualTo(3);
    assertThat(gauge(FleetstopMeter.FLEET_IN_FLIGHT)).isEqualTo(2);

    StepVerifier.create(run.outcomes()).verifyError(IllegalStateException.class);
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).as("the first run continues").isEqualTo(3);
    one.dispose();
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).isEqualTo(1);
    another.dispose();
    assertThat(gauge(FleetstopMeter.FLEET_OPEN)).isZero();
    assertThat(gauge(FleetstopMeter.FLEET_IN_FLIGHT)).isZero();
  }

  @Test
  void batch_isOneCallOfSeveralInstances() {
    FleetShutdown fleet =
        FleetShutdown.builder(
                EcsClient.builder()
                    .region("cn-beijing")
                    .credentials(CREDENTIALS)
                    .transport(ScriptedExchange.answering(Mono.never()))
                    .rateLimiter(RateLimiter.unlimited())
                    .build())
            .options(
                ShutdownOptions.builder()
                    .protectTag("")
                    .batchSize(2)
                    .failureLimit(FailureLimit.none())
                    .build())
            .listener(FleetMetrics.of(meters))
            .build();

    Disposable run = fleet.stop(Flux.just("i-1", "i-2").map(InstanceId::of)).subscribe();
    assertThat(gauge(FleetstopMeter.FLEET_IN_FLIGHT)).isEqualTo(1);
    assertThat(gauge(FleetstopMeter.FLEET_INSTANCES_IN_FLIGHT)).isEqualTo(2);
    run.dispose();
    assertThat(gauge(FleetstopMeter.FLEET_INSTANCES_IN_FLIGHT)).isZero();
  }

  @Test
  void runOnSimulator_isMetered() {
    EcsSimulator simulator =
        EcsSimulator.builder().instances(5).stopDelay(Duration.ofMillis(20)).startNow();
    Scope ofSeveral = new Scope("default", "cn-beijing", "OfSeveralProcesses");
    RateLimiterRegistry limiters =
        RateLimiterRegistry.of(
            scope ->
                scope.equals(ofSeveral)
                    ? SharedRateLimiter.fixed("test", NO_STORE, TokenBucketOptions.of(1, 1))
                    : RateLimiter.unlimited());
    limiters.limiter(ofSeveral);
    EcsClient client =
        EcsClient.builder()
            .region(simulator.region())
            .endpoint(simulator.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
            .rateLimiters(limiters)
            .build();
    FleetMetrics fleet = FleetMetrics.of(meters);
    new RateLimiterMetrics(limiters).bindTo(meters);
    new ClientMetrics(client).bindTo(meters);
    ShutdownOptions options =
        ShutdownOptions.builder()
            .protectTag("")
            .runId("run-1")
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
            .build();
    Flux<InstanceId> ids =
        Flux.fromIterable(simulator.ids())
            .concatWithValues("i-gone", "i-gone-too")
            .map(InstanceId::of);

    List<ShutdownOutcome> outcomes =
        FleetShutdown.builder(client)
            .options(options)
            .listener(fleet)
            .build()
            .stop(ids)
            .collectList()
            .block(PATIENCE);

    assertThat(outcomes).hasSize(7);
    assertThat(outcomes("STOPPED", "none")).isEqualTo(5);
    assertThat(outcomes("FAILED", "InvalidInstance.NotFound")).isEqualTo(2);
    assertThat(gauge(FleetstopMeter.CONNECTIONS_OPEN)).isPositive();
    StepVerifier.create(
            Mono.fromSupplier(() -> gauge(FleetstopMeter.CONNECTIONS_IDLE))
                .filter(idle -> idle == gauge(FleetstopMeter.CONNECTIONS_OPEN))
                .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5))))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(gauge(FleetstopMeter.LIMITER_MEMBERS)).isEqualTo(1);
    everyMeterIsListed();
    client.closeAsync().block(PATIENCE);
    assertThat(gauge(FleetstopMeter.CONNECTIONS_OPEN)).isZero();
    simulator.dispose();
  }

  private double outcomes(String outcome, String code) {
    return meters
        .get("fleetstop.fleet.outcomes")
        .tags("outcome", outcome, "error.code", code)
        .counter()
        .count();
  }

  private void everyMeterIsListed() {
    Map<String, FleetstopMeter> listed =
        Stream.of(FleetstopMeter.values())
            .collect(Collectors.toMap(FleetstopMeter::getName, Function.identity()));
    assertThat(meters.getMeters().stream().map(Meter::getId).map(Meter.Id::getName))
        .hasSameElementsAs(listed.keySet());
    for (Meter meter : meters.getMeters()) {
      FleetstopMeter known = listed.get(meter.getId().getName());
      assertThat(known).isNotNull();
      assertThat(meter.getId().getType()).isEqualTo(known.getType());
      assertThat(meter.getId().getBaseUnit()).isEqualTo(known.getBaseUnit());
      assertThat(meter.getId().getTags().stream().map(Tag::getKey))
          .hasSameElementsAs(Stream.of(known.getKeyNames()).map(KeyName::asString).toList());
    }
  }
}
