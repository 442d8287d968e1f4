package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static io.fleetstop.simulated.Simulated.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.Condition;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.RandomFaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class FleetOnSimulatorTest {

  private final List<Mono<Void>> disposals = new ArrayList<>();

  private EcsSimulator start(EcsSimulatorBuilder builder) {
    EcsSimulator simulator = builder.startNow();
    disposals.add(0, simulator.disposeLater());
    return simulator;
  }

  private EcsClient connect(EcsSimulator simulator) {
    EcsClient client = client(simulator).build();
    disposals.add(0, client.closeAsync());
    return client;
  }

  @AfterEach
  void dispose() {
    Flux.concat(disposals).blockLast(PATIENCE);
  }

  private ShutdownOutcome stopOne(EcsSimulator simulator, String id) {
    return stop(connect(simulator), options().build(), List.of(id)).get(0);
  }

  @Test
  void faultyNetwork_eachInstanceStoppedOnce() {
    EcsSimulator simulator =
        start(
            simulator()
                .instances(500)
                .faults(
                    RandomFaults.builder()
                        .actions("StopInstance")
                        .fault(Fault.LOST_REPLY, 0.05)
                        .fault(Fault.HTML_502_BEFORE, 0.015)
                        .fault(Fault.HTML_502_AFTER, 0.015)
                        .fault(Fault.RESET_BEFORE, 0.01)
                        .fault(Fault.RESET_AFTER, 0.01)
                        .build()));
    List<ShutdownOutcome> outcomes = stop(connect(simulator), options().build(), simulator.ids());
    assertThat(outcomes).hasSize(500).allMatch(outcome -> outcome instanceof Stopped);
    assertThat(simulator.ledger().effects()).isEqualTo(500);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
    assertThat(simulator.ledger().calls("StopInstance")).isGreaterThan(500);
  }

  static List<ErrorCode> stopCodes() {
    return ErrorCatalogue.entries().stream()
        .filter(code -> code.scope() == Scope.STOP_INSTANCE)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("stopCodes")
  void eachDocumentedCode_hasExpectedOutcome(ErrorCode code) {
    EcsSimulator simulator = start(simulator().instances(1));
    String id = simulator.ids().get(0);
    simulator.failAlways(id, code);
    EcsClient client =
        client(simulator)
            .retryPolicy(patience().maxAttempts(2).deadline(Duration.ofSeconds(3)).build())
            .build();
    disposals.add(0, client.closeAsync());
    ShutdownOutcome outcome =
        stop(
                client,
                options()
                    .awaitOptions(wait -> wait.timeout(Duration.ofSeconds(2)))
                    .busyTimeout(Duration.ofMillis(300))
                    .build(),
                List.of(id))
            .get(0);
    assertThat(simulator.ledger().effects()).isZero();
    switch (code.category()) {
      case SERVER, IN_PROGRESS -> {
        assertThat(outcome).isInstanceOf(Unconfirmed.class);
        assertThat(((Unconfirmed) outcome).error())
            .extracting(EcsException::errorCode)
            .isEqualTo(code);
      }
      default -> {
        assertThat(outcome).isInstanceOf(Failed.class);
        assertThat(((Failed) outcome).error().errorCode()).isEqualTo(code);
        assertThat(((Failed) outcome).error().category()).isEqualTo(code.category());
      }
    }
  }

  @Test
  void stopped_alreadyStopped() {
    EcsSimulator simulator = start(simulator().instance("i-stopped", "STOPPED"));
    assertThat(stopOne(simulator, "i-stopped")).isInstanceOf(AlreadyStopped.class);
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void stopping_awaited() {
    EcsSimulator simulator = start(simulator().instance("i-stopping", "STOPPING"));
    assertThat(stopOne(simulator, "i-stopping")).isInstanceOf(AlreadyStopped.class);
    assertThat(simulator.status("i-stopping")).isEqualTo("STOPPED");
  }

  @Test
  void transientState_awaitedThenStopped() {
    EcsSimulator simulator =
        start(simulator().startDelay(Duration.ofMillis(300)).instance("i-starting", "STARTING"));
    assertThat(stopOne(simulator, "i-starting")).isInstanceOf(Stopped.class);
    assertThat(simulator.ledger().effects("i-starting")).isEqualTo(1);
    assertThat(simulator.ledger().tokens("i-starting")).hasSize(1);
  }

  @Test
  void instanceInError_failed() {
    EcsSimulator simulator = start(simulator().instance("i-error", "ERROR"));
    ShutdownOutcome outcome = stopOne(simulator, "i-error");
    assertThat(outcome).isInstanceOf(Failed.class);
    assertThat(((Failed) outcome).error().category()).isEqualTo(Category.STATE);
  }

  @Test
  void unknownInstance_neverReportedStopped() {
    EcsSimulator simulator = start(simulator().instances(1));
    ShutdownOutcome outcome = stopOne(simulator, "i-unknown");
    assertThat(outcome).isInstanceOf(Failed.class);
    assertThat(((Failed) outcome).error().errorCode())
        .isEqualTo(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
  }

  @Test
  void temporaryLock_awaited() {
    EcsSimulator simulator = start(simulator().instances(1));
    String id = simulator.ids().get(0);
    simulator.setCondition(id, Condition.LOCKED, Duration.ofMillis(300));
    ShutdownOutcome outcome = stopOne(simulator, id);
    assertThat(outcome).isInstanceOf(Stopped.class);
    assertThat(outcome.stats().attempts()).isGreaterThan(1);
    assertThat(outcome.stats().requestId()).isNotNull();
    assertThat(outcome.stats().elapsed()).isBetween(Duration.ofMillis(250), PATIENCE);
  }

  @Test
  void busyInstances_holdNoSlot() {
    EcsSimulator simulator = start(simulator().instances(20));
    List<String> locked = simulator.ids().subList(0, 5);
    locked.forEach(id -> simulator.setCondition(id, Condition.LOCKED, Duration.ofHours(1)));
    ShutdownOptions options =
        options()
            .maxInFlight(1)
            .busyTimeout(Duration.ofSeconds(2))
            .busyBackoff((retry, random) -> Duration.ofMillis(500))
            .failureLimit(FailureLimit.none())
            .build();
    List<ShutdownOutcome> outcomes = stop(connect(simulator), options, simulator.ids());
    // The locked instances came first and were retried to the end, but the others finished earlier.
    assertThat(outcomes.subList(0, 15)).allMatch(outcome -> outcome instanceof Stopped);
    assertThat(outcomes.subList(15, 20))
        .allSatisfy(
            outcome -> {
              assertThat(((Failed) outcome).error().category()).isEqualTo(Category.BUSY);
              assertThat(((Failed) outcome).error().exhaustedLimit())
                  .isEqualTo(EcsException.Limit.DEADLINE);
              assertThat(outcome.stats().attempts()).isEqualTo(4);
            });
  }

  @Test
  void stopTimeout_unconfirmed() {
    EcsSimulator simulator = start(simulator().stopDelay(Duration.ofHours(1)).instances(1));
    ShutdownOptions options =
        options().awaitOptions(wait -> wait.timeout(Duration.ofMillis(300))).build();
    ShutdownOutcome outcome = stop(connect(simulator), options, simulator.ids()).get(0);
    assertThat(outcome).isInstanceOf(Unconfirmed.class);
    assertThat(((Unconfirmed) outcome).reason())
        .isEqualTo("accepted, but not stopped within 300ms; last seen STOPPING");
  }

  @Test
  void startedAgain_reported() {
    EcsSimulator simulator = start(simulator().stopDelay(Duration.ofHours(1)).instances(1));
    String id = simulator.ids().get(0);
    StepVerifier.create(
            FleetShutdown.create(connect(simulator), options().build())
                .stop(ids(simulator.ids()))
                .mergeWith(
                    seen(simulator, id, 2)
                        .then(Mono.fromRunnable(() -> simulator.setState(id, "RUNNING")))))
        .assertNext(
            outcome ->
                assertThat(((Unconfirmed) outcome).reason())
                    .isEqualTo("it was stopping, and is RUNNING again"))
        .expectComplete()
        .verify(PATIENCE);
  }

  /** Completes when the instance has been described this often after its stop. */
  private static Mono<Long> seen(EcsSimulator simulator, String id, int times) {
    return Flux.interval(Duration.ofMillis(10))
        .filter(
            tick ->
                simulator.ledger().effects(id) == 1
                    && simulator.ledger().calls("DescribeInstances") >= times)
        .next();
  }

  @Test
  void noWait_accepted() {
    EcsSimulator simulator = start(simulator().stopDelay(Duration.ofHours(1)).instances(3));
    List<ShutdownOutcome> outcomes =
        stop(connect(simulator), options().awaitStopped(false).build(), simulator.ids());
    assertThat(outcomes).hasSize(3).allMatch(outcome -> outcome instanceof Accepted);
    assertThat(simulator.ledger().calls("DescribeInstances")).isZero();
  }

  @Test
  void dryRun_hasNoEffect() {
    EcsSimulator simulator = start(simulator().instances(3).instance("i-stopped", "STOPPED"));
    List<ShutdownOutcome> outcomes =
        stop(connect(simulator), options().dryRun(true).build(), simulator.ids());
    assertThat(outcomes).filteredOn(outcome -> outcome instanceof DryRunPassed).hasSize(3);
    // As without a dry run: the service rejects it, and its state shows that nothing is left to do.
    assertThat(outcomes).filteredOn(outcome -> outcome instanceof AlreadyStopped).hasSize(1);
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void manyAwaited_fewDescribeCalls() {
    EcsSimulator simulator = start(simulator().stopDelay(Duration.ofMillis(400)).instances(300));
    stop(
        connect(simulator),
        options().awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(200))).build(),
        simulator.ids());
    // A few polls of three pages each, not one call for each instance.
    assertThat(simulator.ledger().calls("DescribeInstances")).isLessThan(40);
  }

  @Test
  void duplicates_stoppedOnce() {
    EcsSimulator simulator = start(simulator().instances(1));
    String id = simulator.ids().get(0);
    assertThat(stop(connect(simulator), options().build(), List.of(id, id, id))).hasSize(1);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(1);
  }

  @Test
  void tokens_repeatWithinARunOnly() {
    EcsSimulator simulator = start(simulator().instances(1));
    EcsClient client = connect(simulator);
    String id = simulator.ids().get(0);
    stop(client, options().build(), List.of(id));
    stop(client, options().build(), List.of(id));
    assertThat(simulator.ledger().tokens(id)).hasSize(1);
    stop(client, options().runId("another-run").build(), List.of(id));
    assertThat(simulator.ledger().tokens(id)).hasSize(2);
    assertThat(simulator.ledger().effects(id)).isEqualTo(1);
  }

  @Test
  void authenticationFailure_endsRun() {
    EcsSimulator simulator = start(simulator().instances(200));
    EcsClient client =
        client(simulator)
            .credentials(
                CredentialsProvider.fixed(Credentials.of(simulator.accessKeyId(), "wrong-key")))
            .build();
    disposals.add(0, client.closeAsync());
    ShutdownOptions options = options().maxOpen(10).failureLimit(FailureLimit.none()).build();
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    StepVerifier.create(
            FleetShutdown.create(client, options)
                .stop(ids(simulator.ids()))
                .doOnNext(outcomes::add))
        .thenConsumeWhile(outcome -> outcome instanceof Failed || outcome instanceof Skipped)
        .expectErrorSatisfies(
            failure ->
                assertThat(((EcsException) failure).errorCode())
                    .isEqualTo(GatewayErrors.SIGNATURE_DOES_NOT_MATCH))
        .verify(PATIENCE);
    assertThat(outcomes).hasSizeBetween(1, 20).anyMatch(outcome -> outcome instanceof Failed);
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void failureLimit_endsRunAfterCallsInFlight() {
    EcsSimulator simulator = start(simulator().instances(200));
    simulator.ids().stream()
        .limit(100)
        .forEach(id -> simulator.failAlways(id, GatewayErrors.ACCESS_DENIED));
    // No reply arrives before all two hundred are started.
    simulator.setLatency(Duration.ofMillis(200));
    ShutdownOptions options = options().maxInFlight(10).failureLimit(FailureLimit.count(4)).build();
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    StepVerifier.create(
            FleetShutdown.create(connect(simulator), options)
                .stop(ids(simulator.ids()))
                .doOnNext(outcomes::add))
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .hasMessageContaining("Client.FailureBudgetExhausted")
                    .hasMessageContaining("more than the limit of 4"))
        .verify(PATIENCE);
    // All two hundred were open, but those without a permit were not called any more.
    assertThat(simulator.ledger().calls("StopInstance")).isBetween(5L, 15L);
    assertThat(outcomes).hasSize(200);
    assertThat(outcomes)
        .filteredOn(outcome -> outcome instanceof Skipped)
        .hasSize(200 - (int) simulator.ledger().calls("StopInstance"));
  }

  @Test
  void sourceError_followsOutcomesInFlight() {
    EcsSimulator simulator = start(simulator().instances(5));
    Flux<InstanceId> source =
        ids(simulator.ids())
            .concatWith(Mono.error(new IllegalStateException("the list broke off")));
    StepVerifier.create(FleetShutdown.create(connect(simulator), options().build()).stop(source))
        .expectNextCount(5)
        .expectErrorMessage("the list broke off")
        .verify(PATIENCE);
  }

  @Test
  void noDemand_noCalls() {
    EcsSimulator simulator = start(simulator().instances(200));
    ShutdownOptions options = options().maxOpen(10).build();
    StepVerifier.create(
            FleetShutdown.create(connect(simulator), options).stop(ids(simulator.ids())), 20)
        .expectNextCount(20)
        .thenCancel()
        .verify(PATIENCE);
    assertThat(simulator.ledger().calls("StopInstance")).isBetween(20L, 30L);
  }

  @Test
  void temporaryOutage_recovers() {
    EcsSimulator simulator = start(simulator().instances(50));
    simulator.faultAlways("StopInstance", Fault.LOST_REPLY);
    simulator.faultAlways("DescribeInstances", Fault.HTML_502_BEFORE);
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    StepVerifier.create(
            FleetShutdown.create(connect(simulator), options().build())
                .stop(ids(simulator.ids()))
                .doOnNext(outcomes::add))
        .thenAwait(Duration.ofMillis(500))
        .then(() -> assertThat(outcomes).isEmpty())
        .then(
            () -> {
              simulator.clearFaults("StopInstance");
              simulator.clearFaults("DescribeInstances");
            })
        .thenConsumeWhile(outcome -> outcome instanceof Stopped)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(outcomes).hasSize(50);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
  }

  @Test
  void failureLimit_countsFailuresOnly() {
    assertThat(FailureLimit.count(0).isExceeded(0, 100)).isFalse();
    assertThat(FailureLimit.count(0).isExceeded(1, 1)).isTrue();
    assertThat(FailureLimit.percent(20).isExceeded(19, 19)).isFalse();
    assertThat(FailureLimit.percent(20).isExceeded(4, 20)).isFalse();
    assertThat(FailureLimit.percent(20).isExceeded(5, 20)).isTrue();
    assertThat(FailureLimit.none().isExceeded(1_000_000, 1_000_000)).isFalse();
  }
}
