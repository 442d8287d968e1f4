package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Quota;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.ContextView;

class ClientOnSimulatorTest {

  private final List<Mono<Void>> disposals = new CopyOnWriteArrayList<>();

  private EcsSimulator start(EcsSimulatorBuilder builder) {
    EcsSimulator simulator = builder.startNow();
    disposals.add(0, simulator.disposeLater());
    return simulator;
  }

  private EcsClient build(EcsClientBuilder builder) {
    EcsClient client = builder.build();
    disposals.add(0, client.closeAsync());
    return client;
  }

  @AfterEach
  void dispose() {
    Flux.concat(disposals).blockLast(PATIENCE);
  }

  @Test
  void twoHundredFiftyInstances_readInThreePages() {
    EcsSimulator simulator = start(simulator().instances(250));
    StepVerifier.create(
            build(client(simulator))
                .describeInstances(DescribeInstances.builder().build())
                .map(Instance::instanceId)
                .distinct()
                .count())
        .expectNext(250L)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.ledger().calls("DescribeInstances")).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void eachFault_survived(Fault fault) {
    EcsSimulator simulator = start(simulator().instances(1).latency(Duration.ofMillis(1)));
    String id = simulator.ids().get(0);
    simulator.faultNext(id, fault, 1);
    // A slow call is still in process when it is retried, so the retry backs off.
    int most = fault == Fault.SLOW ? 50 : 3;
    EcsClient client =
        build(
            client(simulator)
                .retryPolicy(Simulated.patience().attemptTimeout(Duration.ofMillis(500)).build()));
    StepVerifier.create(client.stopInstance(StopInstance.of(id)))
        .assertNext(result -> assertThat(result.attempts()).isBetween(1, most))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.ledger().effects(id)).isEqualTo(1);
    assertThat(simulator.ledger().tokens(id)).hasSize(1);
  }

  @Test
  void clockSixHoursOff_correctedByOneMoreAttempt() {
    EcsSimulator simulator = start(simulator().instances(2));
    InstantSource wrong = () -> Instant.now().minus(Duration.ofHours(6));
    EcsClient client = build(client(simulator).clock(wrong));
    StepVerifier.create(
            Flux.fromIterable(simulator.ids())
                .concatMap(id -> client.stopInstance(StopInstance.of(id)))
                .map(StopInstance.Result::attempts))
        .expectNext(2, 1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void retryAfter_honoured() {
    EcsSimulator simulator =
        start(simulator().instances(3).quota(Quota.tokenBucket(1, 1).withRetryAfter()));
    EcsClient client = build(client(simulator));
    StepVerifier.create(
            Flux.fromIterable(simulator.ids().subList(0, 2))
                .concatMap(id -> client.stopInstance(StopInstance.of(id)))
                .map(StopInstance.Result::attempts))
        .expectNext(1, 2)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void fewConnections_callsQueueBeforePool() {
    EcsSimulator simulator = start(simulator().instances(300).latency(Duration.ofMillis(10)));
    EcsClient client =
        build(
            client(simulator)
                .maxInFlight(4)
                .transportOptions(
                    TransportOptions.builder().poolAcquireTimeout(Duration.ofMillis(200)).build()));
    StepVerifier.create(
            Flux.fromIterable(simulator.ids())
                .flatMap(id -> client.stopInstance(StopInstance.of(id)), 300)
                .map(StopInstance.Result::attempts)
                .filter(attempts -> attempts == 1)
                .count())
        .expectNext(300L)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void context_visibleInEveryHookAndAttempt() {
    EcsSimulator simulator = start(simulator().instances(1));
    String id = simulator.ids().get(0);
    simulator.faultNext(id, Fault.LOST_REPLY, 1);
    List<String> seen = new CopyOnWriteArrayList<>();
    NettyTransport wire = NettyTransport.create();
    disposals.add(0, wire.disposeLater());
    CredentialsProvider keys =
        () ->
            Mono.deferContextual(
                context -> {
                  seen.add("credentials " + context.get("trace"));
                  return Mono.just(
                      Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey()));
                });
    EcsClient client =
        client(simulator)
            .credentials(keys)
            .rateLimiter(RateLimiter.tokenBucket(1_000, 1))
            .transport(traced(wire, seen))
            .listener(listener(seen))
            .build();
    StepVerifier.create(
            client
                .stopInstance(StopInstance.of(id))
                .contextWrite(context -> context.put("trace", "t-1")))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(seen)
        .containsExactly(
            "call t-1",
            "attempt t-1",
            "credentials t-1",
            "exchange t-1",
            "failed t-1",
            "attempt t-1",
            "credentials t-1",
            "exchange t-1",
            "succeeded t-1");
  }

  private static HttpExchange traced(HttpExchange wire, List<String> seen) {
    return new HttpExchange() {
      @Override
      public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
        return Mono.deferContextual(
            context -> {
              seen.add("exchange " + context.get("trace"));
              return wire.exchange(request, maySend);
            });
      }
    };
  }

  private static CallListener listener(List<String> seen) {
    return new CallListener() {
      @Override
      public void callStarted(String action, ContextView context) {
        seen.add("call " + context.get("trace"));
      }

      @Override
      public void attemptStarted(String action, int attempt, ContextView context) {
        seen.add("attempt " + context.get("trace"));
      }

      @Override
      public void attemptFailed(
          String action, int attempt, EcsException failure, ContextView context) {
        assertThat(failure.delivery()).isEqualTo(Delivery.UNKNOWN);
        seen.add("failed " + context.get("trace"));
      }

      @Override
      public void callSucceeded(
          String action, int attempts, Duration elapsed, ContextView context) {
        seen.add("succeeded " + context.get("trace"));
      }
    };
  }
}
