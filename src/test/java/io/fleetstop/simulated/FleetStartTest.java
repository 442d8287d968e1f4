package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run stops instances, and another one starts them again. */
class FleetStartTest {

  @TempDir Path folder;

  private final EcsSimulator simulator =
      simulator()
          .startDelay(Duration.ofMillis(50))
          .instances(20)
          .instance("i-was-stopped", "STOPPED")
          .startNow();
  private final EcsClient client =
      client(simulator)
          // A busy machine may delay a reply, and a repeated stop of a stopped one looks like a
          // stop.
          .retryPolicy(patience().attemptTimeout(Duration.ofSeconds(10)).build())
          .build();

  @AfterEach
  void dispose() {
    client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
  }

  private Path stopJournal() {
    return folder.resolve("run.jsonl");
  }

  private JournaledRun stop(ShutdownOptions options, Collection<String> ids) {
    ShutdownJournal journal =
        Objects.requireNonNull(ShutdownJournal.create(stopJournal(), options).block());
    FleetShutdown.create(client, journal).stop(ids(ids)).blockLast(PATIENCE);
    journal.disposeLater().block(PATIENCE);
    return read();
  }

  private JournaledRun read() {
    return Objects.requireNonNull(JournaledRun.read(stopJournal()).block(PATIENCE));
  }

  private JournaledRun stopAll() {
    return stop(options().build(), simulator.ids());
  }

  private Map<String, Kind> start(JournaledRun run, UnaryOperator<FleetStart.Builder> configure) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    outcomes(run, configure).forEach(o -> kinds.put(o.instanceId().value(), o.kind()));
    return kinds;
  }

  private List<ShutdownOutcome> outcomes(
      JournaledRun run, UnaryOperator<FleetStart.Builder> configure) {
    FleetStart.Builder builder =
        FleetStart.builder(client).options(options().runId("start-run").build());
    return Objects.requireNonNull(
        configure.apply(builder).build().start(run).collectList().block(PATIENCE));
  }

  @Test
  void instancesThatTheRunStopped_runAgain() {
    Map<String, Kind> kinds = start(stopAll(), builder -> builder);

    assertThat(kinds).hasSize(20).doesNotContainKey("i-was-stopped").containsValue(Kind.STARTED);
    assertThat(kinds.values()).containsOnly(Kind.STARTED);
    assertThat(simulator.ids().subList(0, 20))
        .allSatisfy(id -> assertThat(simulator.status(id)).isEqualTo("RUNNING"))
        .allSatisfy(id -> assertThat(simulator.ledger().starts(id)).isEqualTo(1));
    assertThat(simulator.status("i-was-stopped")).isEqualTo("STOPPED");
  }

  @Test
  void secondUndo_findsThemRunning() {
    JournaledRun run = stopAll();
    start(run, builder -> builder);

    assertThat(start(run, builder -> builder).values()).containsOnly(Kind.ALREADY_RUNNING);
    assertThat(simulator.ledger().calls("StartInstance")).isEqualTo(20);
  }

  @Test
  void lastStopped_isStartedFirst() {
    List<InstanceId> stopped = new ArrayList<>();
    JournaledRun run = stop(options().maxOpen(1).build(), simulator.ids());
    run.outcomes().forEach(o -> stopped.add(0, InstanceId.of(o.instanceId())));
    stopped.remove(InstanceId.of("i-was-stopped"));

    assertThat(FleetStart.builder(client).build().candidates(run)).isEqualTo(stopped);
  }

  @Test
  void instanceStoppedAgain_isSkippedUnlessIncluded() throws Exception {
    JournaledRun run = stopAll();
    String id = "i-sim0000000003";
    // The service dates changes in seconds.
    Thread.sleep(2_500);
    simulator.setState(id, "STOPPED");
    UnaryOperator<FleetStart.Builder> strict =
        builder -> builder.changeTolerance(Duration.ofSeconds(1));
    String other = "i-sim0000000004";
    simulator.setState(other, "ERROR");

    assertThat(preview(run))
        .containsOnly(Map.entry(other, Kind.SKIPPED), Map.entry(id, Kind.SKIPPED));
    List<ShutdownOutcome> outcomes = outcomes(run, strict);
    assertThat(outcomes)
        .filteredOn(o -> o instanceof Skipped)
        .extracting(o -> ((Skipped) o).reason())
        .hasSize(2)
        .anySatisfy(
            reason ->
                assertThat(reason)
                    .startsWith(
                        "it was changed since the run stopped it: the service dates its last"
                            + " change 20"))
        .anySatisfy(
            reason ->
                assertThat(reason)
                    .isEqualTo("it was changed since the run stopped it: it is ERROR"));
    assertThat(simulator.ledger().starts(id)).isZero();

    Map<String, Kind> kinds = start(run, builder -> strict.apply(builder).includeChanged(true));
    assertThat(kinds).containsEntry(id, Kind.STARTED).containsEntry(other, Kind.FAILED);
  }

  private Map<String, Kind> preview(JournaledRun run) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    FleetStart.builder(client)
        .options(options().build())
        .changeTolerance(Duration.ofSeconds(1))
        .build()
        .preview(run)
        .toStream()
        .forEach(o -> kinds.put(o.instanceId().value(), o.kind()));
    return kinds;
  }

  @Test
  void acceptedAndUnconfirmedStops_areStartedIfTheyTookEffect() {
    String lost = "i-sim0000000001";
    String hung = "i-sim0000000002";
    simulator.faultAlways(lost, Fault.LOST_REPLY);
    simulator.faultAlways(hung, Fault.HUNG_BEFORE);
    JournaledRun run;
    EcsClient hasty =
        client(simulator)
            .retryPolicy(
                patience()
                    .attemptTimeout(Duration.ofMillis(200))
                    .deadline(Duration.ofMillis(500))
                    .build())
            .build();
    ShutdownJournal journal =
        Objects.requireNonNull(
            ShutdownJournal.create(stopJournal(), options().awaitStopped(false).build()).block());
    FleetShutdown.create(hasty, journal).stop(ids(simulator.ids())).blockLast(PATIENCE);
    journal.disposeLater().then(hasty.closeAsync()).block(PATIENCE);
    run = read();
    simulator.clearFaults(lost);
    simulator.clearFaults(hung);

    Map<String, Kind> kinds = start(run, builder -> builder);
    assertThat(kinds).containsEntry(lost, Kind.STARTED);
    assertThat(simulator.status(hung)).isEqualTo("RUNNING");
    assertThat(simulator.ids().subList(0, 20))
        .allSatisfy(id -> assertThat(simulator.status(id)).isEqualTo("RUNNING"));
  }

  @Test
  void instanceStoppedBefore_whoseReplyWasLost_staysStopped() {
    simulator.faultNext("i-was-stopped", Fault.LOST_REPLY, 1);
    JournaledRun run = stopAll();
    assertThat(run.outcomes())
        .filteredOn(outcome -> outcome.instanceId().equals("i-was-stopped"))
        .extracting(OutcomeJson::outcome)
        .containsExactly("STOPPED");

    List<ShutdownOutcome> outcomes = outcomes(run, builder -> builder);
    assertThat(outcomes)
        .filteredOn(o -> o instanceof Skipped)
        .hasSize(1)
        .first()
        .satisfies(
            skipped -> {
              assertThat(skipped.instanceId().value()).isEqualTo("i-was-stopped");
              assertThat(((Skipped) skipped).reason())
                  .startsWith("it was stopped before the run called it");
            });
    assertThat(simulator.status("i-was-stopped")).isEqualTo("STOPPED");
  }

  @Test
  void lackOfCapacity_isRetriedUntilThereIsSome() {
    JournaledRun run =
        stop(options().stoppedMode(StoppedMode.STOP_CHARGING).build(), simulator.ids());
    simulator.setStartCapacity(5);
    FleetStart start = FleetStart.builder(client).options(options().build()).build();
    List<Kind> kinds =
        Objects.requireNonNull(
            start
                .start(run)
                .map(ShutdownOutcome::kind)
                .doOnNext(kind -> simulator.setStartCapacity(1))
                .collectList()
                .block(PATIENCE));

    assertThat(kinds).hasSize(20).containsOnly(Kind.STARTED);
    assertThat(simulator.ledger().refused(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY)).isPositive();
  }

  @Test
  void lackOfCapacityForTheWholeDeadline_failsWithItsCode() {
    JournaledRun run =
        stop(
            options().stoppedMode(StoppedMode.STOP_CHARGING).build(),
            simulator.ids().subList(0, 2));
    simulator.setStartCapacity(0);
    EcsClient hasty =
        client(simulator).retryPolicy(patience().deadline(Duration.ofMillis(600)).build()).build();
    List<ShutdownOutcome> outcomes =
        Objects.requireNonNull(
            FleetStart.builder(hasty)
                .options(options().build())
                .build()
                .start(run)
                .collectList()
                .block(PATIENCE));
    hasty.closeAsync().block(PATIENCE);

    assertThat(outcomes)
        .hasSize(2)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.kind()).isEqualTo(Kind.FAILED);
              assertThat(Objects.requireNonNull(outcome.error()).errorCode())
                  .isEqualTo(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY);
            });
    assertThat(simulator.ledger().calls("StartInstance")).isGreaterThan(4);
  }

  @Test
  void dryRun_startsNothing() {
    JournaledRun run = stopAll();
    Map<String, Kind> kinds =
        start(run, builder -> builder.options(options().dryRun(true).build()));

    assertThat(kinds.values()).hasSize(20).containsOnly(Kind.DRY_RUN_PASSED);
    assertThat(simulator.status("i-sim0000000001")).isEqualTo("STOPPED");
  }

  @Test
  void waves_startACanaryFirst() {
    simulator.failAlways("StartInstance", GatewayErrors.ACCESS_DENIED);
    JournaledRun run = stopAll();
    FleetStart start = FleetStart.builder(client).options(options().build()).build();

    assertThatThrownBy(
            () ->
                start
                    .run(run, Waves.of(Waves.Size.count(2), Waves.Size.count(20)))
                    .outcomes()
                    .blockLast(PATIENCE))
        .hasMessageContaining("wave 1");
    assertThat(simulator.ledger().calls("StartInstance")).isEqualTo(2);
  }

  @Test
  void killedStart_resumesFromItsJournal() throws Exception {
    JournaledRun run = stopAll();
    Path file = folder.resolve("start.jsonl");
    ShutdownOptions asked =
        options().runId("start-run").operation(Operation.START).maxInFlight(4).maxOpen(8).build();
    ShutdownJournal journal = Objects.requireNonNull(ShutdownJournal.create(file, asked).block());
    FleetStart.builder(client).journal(journal).build().start(run).take(5).blockLast(PATIENCE);
    journal.disposeLater().block(PATIENCE);

    assertThat(Files.readString(file)).startsWith("{\"journal\":\"fleetstop\",\"version\":2,");
    assertThatThrownBy(
            () -> ShutdownJournal.resume(file, options().runId("start-run").build()).block())
        .hasMessageContaining("of a run with operation START, this one has STOP");

    ShutdownJournal resumed = Objects.requireNonNull(ShutdownJournal.resume(file, asked).block());
    List<ShutdownOutcome> rest =
        Objects.requireNonNull(
            FleetStart.builder(client)
                .journal(resumed)
                .build()
                .start(run)
                .collectList()
                .block(PATIENCE));
    resumed.disposeLater().block(PATIENCE);
    assertThat(rest)
        .hasSizeBetween(1, 15)
        .extracting(ShutdownOutcome::kind)
        .containsOnly(Kind.STARTED);
    assertThat(simulator.ids().subList(0, 20))
        .allSatisfy(id -> assertThat(simulator.ledger().starts(id)).isEqualTo(1));
    JournaledRun shown = Objects.requireNonNull(JournaledRun.read(file).block());
    assertThat(shown.operation()).isEqualTo(Operation.START);
    assertThat(shown.outcomes()).hasSize(20);
  }

  @Test
  void otherJournals_areRefused() {
    FleetStart start = FleetStart.builder(client).build();
    JournaledRun dry = stop(options().dryRun(true).build(), simulator.ids().subList(0, 1));
    assertThatThrownBy(() -> start.start(dry))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("stopRun must have stopped instances, test-run is a dry run");
    ShutdownOptions forStart = options().operation(Operation.START).build();
    assertThatThrownBy(() -> FleetShutdown.create(client, forStart))
        .hasMessage("operation must be STOP; use FleetStart to start instances");
    assertThatThrownBy(() -> options().operation(Operation.START).forceStop(true).build())
        .hasMessageStartingWith("operation START excludes forceStop");
  }
}
