package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import io.fleetstop.simulator.RandomFaults;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Tag("long")
class ChaosTest {

  private static final int IN_FLIGHT = 64;

  /** A mix of every fault of the simulator. */
  static RandomFaults everything() {
    RandomFaults.Builder plan = RandomFaults.builder().slowBy(Duration.ofMillis(50));
    for (Fault fault : Fault.values()) {
      boolean silent = fault == Fault.HUNG || fault == Fault.HUNG_BEFORE;
      plan.fault(fault, silent ? 0.005 : 0.015);
    }
    return plan.build();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void randomFaults_noWrongOutcome(long seed) {
    EcsSimulator simulator =
        simulator().seed(seed).instances(2_000).faults(everything()).startNow();
    EcsClient client =
        client(simulator)
            .retryPolicy(patience().attemptTimeout(Duration.ofSeconds(1)).build())
            .build();
    try {
      Map<String, CallOutcome> outcomes = new ConcurrentHashMap<>();
      Flux.fromIterable(simulator.ids())
          .flatMap(
              id -> outcome(client, id).doOnNext(outcome -> outcomes.put(id, outcome)), IN_FLIGHT)
          .blockLast(PATIENCE);
      assertThat(outcomes).hasSize(2_000);
      outcomes.forEach((id, outcome) -> assertTruth(simulator.ledger(), id, outcome));
      // The number of unconfirmed calls depends on the machine; most calls must succeed.
      assertThat(outcomes.values())
          .filteredOn(CallOutcome.ACCEPTED::equals)
          .hasSizeGreaterThan(1_800);
      assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
      assertThat(simulator.ledger().faults(Fault.LOST_REPLY)).isPositive();
    } finally {
      client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  private enum CallOutcome {
    ACCEPTED,
    NOT_STOPPED,
    OPEN
  }

  private static Mono<CallOutcome> outcome(EcsClient client, String id) {
    return client
        .stopInstance(StopInstance.of(id))
        .map(result -> CallOutcome.ACCEPTED)
        .onErrorResume(
            EcsException.class,
            error ->
                Mono.just(
                    error.delivery() == Delivery.UNKNOWN
                        ? CallOutcome.OPEN
                        : CallOutcome.NOT_STOPPED));
  }

  private static void assertTruth(Ledger ledger, String id, CallOutcome outcome) {
    assertThat(ledger.tokens(id)).as("tokens of %s", id).hasSizeLessThanOrEqualTo(1);
    switch (outcome) {
      case ACCEPTED -> assertThat(ledger.effects(id)).as("effects on %s", id).isEqualTo(1);
      case NOT_STOPPED -> assertThat(ledger.effects(id)).as("effects on %s", id).isZero();
      case OPEN -> assertThat(ledger.effects(id)).as("effects on %s", id).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void outage_addsFewCallsAndRecovers() {
    EcsSimulator simulator = simulator().instances(1_000).startNow();
    simulator.faultAlways("StopInstance", Fault.INTERNAL_ERROR_BEFORE);
    EcsClient client = client(simulator).retryBudget(RetryBudget.standard()).build();
    try {
      assertThat(stopAll(client, simulator)).isZero();
      // 35 retries for 1,000 calls; four attempts each would be 3,000.
      assertThat(simulator.ledger().calls("StopInstance")).isBetween(1_000L, 1_035L);
      simulator.clearFaults("StopInstance");
      assertThat(stopAll(client, simulator)).isEqualTo(1_000);
    } finally {
      client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  private static int stopAll(EcsClient client, EcsSimulator simulator) {
    AtomicInteger stopped = new AtomicInteger();
    Flux.fromIterable(simulator.ids())
        .flatMap(id -> outcome(client, id), IN_FLIGHT)
        .doOnNext(outcome -> stopped.addAndGet(outcome == CallOutcome.ACCEPTED ? 1 : 0))
        .blockLast(PATIENCE);
    return stopped.get();
  }

  @Test
  void throttling_doesNotSpendRetryBudget() {
    EcsSimulator simulator =
        simulator().instances(100).quota("StopInstance", Quota.tokenBucket(100, 10)).startNow();
    RetryBudget budget = RetryBudget.ofRetries(1);
    EcsClient client = client(simulator).retryBudget(budget).build();
    try {
      assertThat(stopAll(client, simulator)).isEqualTo(100);
      assertThat(simulator.ledger().refused()).isPositive();
      assertThat(budget.remainingRetries()).isEqualTo(1);
    } finally {
      client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  @Test
  void tenThousandRandomCancels_leakNothing() {
    long seed = 20261123;
    Random random = new Random(seed);
    EcsSimulator simulator = simulator().instances(100).latency(Duration.ofMillis(1)).startNow();
    RateLimiter limiter = RateLimiter.tokenBucket(20_000, 50);
    EcsClient client = client(simulator).rateLimiter(limiter).build();
    try {
      Flux.range(0, 10_000)
          .flatMap(
              number -> {
                String id = simulator.ids().get(number % 100);
                Duration patience = Duration.ofNanos(random.nextInt(5_000_000));
                return outcome(client, id).timeout(patience, Mono.empty());
              },
              200)
          .blockLast(PATIENCE);
      assertThat(limiter.waiting()).as("seed %d", seed).isZero();
      // Healthy or new connections still serve calls.
      stopAll(client, simulator);
      assertThat(simulator.ids())
          .allSatisfy(id -> assertThat(simulator.ledger().effects(id)).isEqualTo(1));
    } finally {
      client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
    }
  }
}
