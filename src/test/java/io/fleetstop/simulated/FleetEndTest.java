package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.Condition;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Drained runs: nothing new is sent, and every call in flight is reported. */
class FleetEndTest {

  private final EcsSimulator simulator =
      simulator().stopDelay(Duration.ofHours(1)).instances(100).startNow();
  private Mono<Void> disposal = Mono.empty();

  @AfterEach
  void dispose() {
    disposal.then(simulator.disposeLater()).block(PATIENCE);
  }

  private List<ShutdownOutcome> run(
      EcsClientBuilder builder, ShutdownOptions options, Publisher<?> until) {
    EcsClient client = builder.build();
    disposal = client.closeAsync();
    return Objects.requireNonNull(
        FleetShutdown.create(client, options)
            .stop(ids(simulator.ids()), until)
            .collectList()
            .block(PATIENCE));
  }

  /** Drains the run when its progress matches. */
  private List<ShutdownOutcome> runUntil(
      EcsClientBuilder builder, ShutdownOptions options, Predicate<ShutdownProgress> isFar) {
    EcsClient client = builder.build();
    disposal = client.closeAsync();
    ShutdownRun run = FleetShutdown.create(client, options).run(ids(simulator.ids()));
    return Objects.requireNonNull(
        run.outcomes()
            .doOnSubscribe(
                subscription ->
                    run.progressUpdates().filter(isFar).next().subscribe(now -> run.drain()))
            .collectList()
            .block(PATIENCE));
  }

  private static long count(List<ShutdownOutcome> outcomes, Class<?> type) {
    return outcomes.stream().filter(type::isInstance).count();
  }

  @Test
  void queuedForPermit_skipped() {
    EcsClientBuilder slow = client(simulator).rateLimiter(RateLimiter.tokenBucket(0.01, 5));

    List<ShutdownOutcome> outcomes =
        runUntil(
            slow,
            options().awaitStopped(false).build(),
            now -> now.accepted() == 5 && now.started() == 100);

    assertThat(outcomes).hasSize(100);
    assertThat(count(outcomes, Accepted.class)).isEqualTo(5);
    assertThat(count(outcomes, Skipped.class)).isEqualTo(95);
    assertThat(outcomes)
        .filteredOn(outcome -> outcome instanceof Skipped)
        .allMatch(outcome -> outcome.stats().attempts() == 0);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(5);
  }

  @Test
  void callsOnTheWire_complete() {
    simulator.setLatency(Duration.ofSeconds(1));
    ShutdownOptions options = options().awaitStopped(false).maxInFlight(7).build();

    List<ShutdownOutcome> outcomes =
        runUntil(client(simulator), options, now -> now.inFlight() == 7 && now.started() == 100);

    assertThat(outcomes).hasSize(100);
    assertThat(count(outcomes, Accepted.class)).isEqualTo(simulator.ledger().effects());
    assertThat(count(outcomes, Accepted.class)).isBetween(1L, 7L);
    assertThat(count(outcomes, Skipped.class)).isEqualTo(100 - simulator.ledger().effects());
  }

  @Tag("guarantee:confirmed-stop")
  @Test
  void awaitingStopped_unconfirmed() {
    List<ShutdownOutcome> outcomes =
        run(client(simulator), options().build(), simulatorHasSeen(100).delayElement(millis(300)));

    assertThat(outcomes)
        .hasSize(100)
        .allSatisfy(
            outcome ->
                assertThat(((Unconfirmed) outcome).reason())
                    .startsWith("accepted, but not stopped before the run was ended"));
  }

  @Test
  void longBackoff_cutShort() {
    simulator.failAlways("StopInstance", GatewayErrors.FLOW_LIMIT_EXCEEDED);
    RetryPolicy patient =
        RetryPolicy.builder()
            .noDeadline()
            .backoff(
                GatewayErrors.FLOW_LIMIT_EXCEEDED.category(),
                (retry, random) -> Duration.ofHours(1))
            .build();

    List<ShutdownOutcome> outcomes =
        run(
            client(simulator).retryPolicy(patient),
            options().maxInFlight(3).build(),
            simulatorHasSeen(3).delayElement(millis(200)));

    // Rejected instances are skipped as well, but they have attempts.
    assertThat(outcomes).hasSize(100).allMatch(outcome -> outcome instanceof Skipped);
    assertThat(outcomes).filteredOn(outcome -> outcome.stats().attempts() == 1).hasSize(3);
  }

  @Tag("guarantee:drain")
  @Test
  void busyInstances_doNotDelayDrain() {
    simulator
        .ids()
        .forEach(id -> simulator.setCondition(id, Condition.LOCKED, Duration.ofHours(1)));
    ShutdownOptions options =
        options()
            .busyTimeout(Duration.ofHours(1))
            .busyBackoff((retry, random) -> Duration.ofMinutes(30))
            .build();

    List<ShutdownOutcome> outcomes =
        run(client(simulator), options, simulatorHasSeen(100).delayElement(millis(200)));

    assertThat(outcomes)
        .hasSize(100)
        .allSatisfy(
            outcome -> {
              assertThat(((Skipped) outcome).reason())
                  .isEqualTo(
                      "the run ended before it was called again, after"
                          + " OperationDenied.ResourceLocked");
              assertThat(outcome.stats().attempts()).isEqualTo(1);
            });
  }

  @Test
  void failedStopSignal_drains_earlySignalSendsNothing() {
    List<ShutdownOutcome> outcomes =
        run(client(simulator), options().build(), Mono.error(new IllegalStateException("gone")));

    assertThat(count(outcomes, Skipped.class)).isEqualTo(outcomes.size());
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void drainedRun_unconfirmedAreNotFailures() {
    ShutdownOptions options = options().failureLimit(FailureLimit.count(0)).build();

    assertThat(run(client(simulator), options, simulatorHasSeen(100).delayElement(millis(200))))
        .hasSize(100);
  }

  private Mono<Long> simulatorHasSeen(int calls) {
    return Flux.interval(millis(20))
        .filter(tick -> simulator.ledger().calls("StopInstance") >= calls)
        .next();
  }

  private static Duration millis(int millis) {
    return Duration.ofMillis(millis);
  }
}
