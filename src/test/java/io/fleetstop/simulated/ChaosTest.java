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
import io.fleetstop.simulator.FaultPlan;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ChaosTest {

  private static final int IN_FLIGHT = 64;

  /** Every fault that the simulator knows, mixed. */
  static FaultPlan everything() {
    FaultPlan.Builder plan = FaultPlan.builder().slowBy(Duration.ofMillis(50));
    for (Fault fault : Fault.values()) {
      boolean isSilent = fault == Fault.HUNG || fault == Fault.HUNG_BEFORE;
      plan.fault(fault, isSilent ? 0.005 : 0.015);
    }
    return plan.build();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void noVerdictIsWrongWhateverHappens(long seed) {
    EcsSimulator simulator =
        simulator().seed(seed).instances(2_000).faults(everything()).startNow();
    EcsClient client =
        client(simulator)
            .retryPolicy(patience().attemptTimeout(Duration.ofSeconds(1)).build())
            .build();
    try {
      Map<String, Verdict> verdicts = new ConcurrentHashMap<>();
      Flux.fromIterable(simulator.ids())
          .flatMap(
              id -> verdict(client, id).doOnNext(verdict -> verdicts.put(id, verdict)), IN_FLIGHT)
          .blockLast(PATIENCE);
      assertThat(verdicts).hasSize(2_000);
      verdicts.forEach((id, verdict) -> assertTruth(simulator.ledger(), id, verdict));
      // How many stay open is a matter of the machine's speed; most calls must come through.
      assertThat(verdicts.values()).filteredOn(Verdict.ACCEPTED::equals).hasSizeGreaterThan(1_800);
      assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
      assertThat(simulator.ledger().faults(Fault.LOST_REPLY)).isPositive();
    } finally {
      client.disposeLater().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  private enum Verdict {
    ACCEPTED,
    NOT_STOPPED,
    OPEN
  }

  private static Mono<Verdict> verdict(EcsClient client, String id) {
    return client
        .stopInstance(StopInstance.of(id))
        .map(result -> Verdict.ACCEPTED)
        .onErrorResume(
            EcsException.class,
            error ->
                Mono.just(
                    error.delivery() == Delivery.UNKNOWN ? Verdict.OPEN : Verdict.NOT_STOPPED));
  }

  private static void assertTruth(Ledger ledger, String id, Verdict verdict) {
    assertThat(ledger.tokens(id)).as("tokens of %s", id).hasSizeLessThanOrEqualTo(1);
    switch (verdict) {
      case ACCEPTED -> assertThat(ledger.effects(id)).as("effects on %s", id).isEqualTo(1);
      case NOT_STOPPED -> assertThat(ledger.effects(id)).as("effects on %s", id).isZero();
      case OPEN -> assertThat(ledger.effects(id)).as("effects on %s", id).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void aServiceThatIsDownGetsHardlyMoreCallsAndRecovers() {
    EcsSimulator simulator = simulator().instances(1_000).startNow();
    simulator.faultAlways("StopInstance", Fault.INTERNAL_ERROR_BEFORE);
    EcsClient client = client(simulator).retryBudget(RetryBudget.standard()).build();
    try {
      assertThat(stopAll(client, simulator)).isZero();
      // 35 retries for 1,000 calls, where four attempts each would be 3,000.
      assertThat(simulator.ledger().calls("StopInstance")).isBetween(1_000L, 1_035L);
      simulator.heal("StopInstance");
      assertThat(stopAll(client, simulator)).isEqualTo(1_000);
    } finally {
      client.disposeLater().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  private static int stopAll(EcsClient client, EcsSimulator simulator) {
    AtomicInteger stopped = new AtomicInteger();
    Flux.fromIterable(simulator.ids())
        .flatMap(id -> verdict(client, id), IN_FLIGHT)
        .doOnNext(verdict -> stopped.addAndGet(verdict == Verdict.ACCEPTED ? 1 : 0))
        .blockLast(PATIENCE);
    return stopped.get();
  }

  @Test
  void throttledCallsAreTriedAgainWithoutSpendingTheBudget() {
    EcsSimulator simulator =
        simulator().instances(100).quota("StopInstance", Quota.tokenBucket(100, 10)).startNow();
    RetryBudget budget = RetryBudget.ofRetries(1);
    EcsClient client = client(simulator).retryBudget(budget).build();
    try {
      assertThat(stopAll(client, simulator)).isEqualTo(100);
      assertThat(simulator.ledger().refused()).isPositive();
      assertThat(budget.retries()).isEqualTo(1);
    } finally {
      client.disposeLater().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  @Test
  void tenThousandRandomCancelsLeaveNothingBehind() {
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
                return verdict(client, id).timeout(patience, Mono.empty());
              },
              200)
          .blockLast(PATIENCE);
      assertThat(limiter.waiting()).as("seed %d", seed).isZero();
      // The connections that were not hurt, or new ones, still serve.
      stopAll(client, simulator);
      assertThat(simulator.ids())
          .allSatisfy(id -> assertThat(simulator.ledger().effects(id)).isEqualTo(1));
    } finally {
      client.disposeLater().then(simulator.disposeLater()).block(PATIENCE);
    }
  }
}
