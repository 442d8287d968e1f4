package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.MultiTargetStart;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.TargetOutcome;
import io.fleetstop.fleet.WaveOrder;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.CloudSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A run stops instances in two regions, and another one starts them again in both. */
class MultiTargetStartTest {

  private static final String ACCOUNT = "2100000001";
  private static final Target NORTH = new Target(ACCOUNT, "cn-beijing");
  private static final Target EAST = new Target(ACCOUNT, "cn-shanghai");

  @TempDir Path folder;

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .regions(List.of(NORTH.region(), EAST.region()))
          .instances(6)
          .all(target -> target.stopDelay(Duration.ofMillis(5)).startDelay(Duration.ofMillis(5)))
          .startNow();
  private final Map<Target, EcsClient> clients = new LinkedHashMap<>();

  MultiTargetStartTest() {
    for (Target target : List.of(NORTH, EAST)) {
      clients.put(
          target,
          EcsClient.builder()
              .region(target.region())
              .endpoint(cloud.endpoint())
              .credentials(
                  CredentialsProvider.fixed(
                      Credentials.of(cloud.accessKeyId(ACCOUNT), cloud.secretAccessKey())))
              .build());
    }
  }

  @AfterEach
  void dispose() {
    Flux.fromIterable(clients.values())
        .flatMap(EcsClient::closeAsync)
        .then(cloud.disposeLater())
        .block(PATIENCE);
  }

  private List<String> ids(Target target) {
    return cloud.ids(target.account(), target.region());
  }

  /** Stops all but the last instance of each target. */
  private JournaledRun stop() {
    Path file = folder.resolve("run.jsonl");
    ShutdownJournal journal =
        Objects.requireNonNull(ShutdownJournal.create(file, options().build()).block(PATIENCE));
    Map<Target, Flux<InstanceId>> ids = new LinkedHashMap<>();
    clients
        .keySet()
        .forEach(
            target -> ids.put(target, Flux.fromIterable(ids(target)).take(5).map(InstanceId::of)));
    FleetShutdown.across(clients).journal(journal).build().stop(ids).blockLast(PATIENCE);
    return Objects.requireNonNull(
        journal.disposeLater().then(JournaledRun.read(file)).block(PATIENCE));
  }

  private static ShutdownOptions.Builder startOptions() {
    return options().runId("morning").operation(Operation.START);
  }

  private static List<TargetOutcome> all(Flux<TargetOutcome> outcomes) {
    return Objects.requireNonNull(outcomes.collectList().block(PATIENCE));
  }

  @Test
  void everyTarget_isStartedByOneRunWithOneJournal() {
    JournaledRun stopRun = stop();
    Path file = folder.resolve("start.jsonl");
    ShutdownJournal journal =
        Objects.requireNonNull(
            ShutdownJournal.create(file, startOptions().build()).block(PATIENCE));
    MultiTargetStart start = FleetStart.across(clients).journal(journal).build();
    assertThat(all(start.preview(stopRun))).isEmpty();

    List<TargetOutcome> outcomes =
        all(start.run(stopRun, Waves.of(Waves.Size.count(2)), WaveOrder.PROPORTIONAL).outcomes());

    assertThat(outcomes)
        .hasSize(10)
        .allSatisfy(each -> assertThat(each.outcome().kind()).isEqualTo(Kind.STARTED));
    assertThat(outcomes.subList(0, 2)).extracting(TargetOutcome::target).contains(NORTH, EAST);
    for (Target target : clients.keySet()) {
      assertThat(ids(target))
          .allSatisfy(
              id -> assertThat(cloud.status(ACCOUNT, target.region(), id)).isEqualTo("RUNNING"));
      assertThat(cloud.ledger(ACCOUNT, target.region()).calls("StartInstance")).isEqualTo(5);
    }
    JournaledRun started =
        Objects.requireNonNull(
            journal.disposeLater().then(JournaledRun.read(file)).block(PATIENCE));
    assertThat(started.runId()).isEqualTo("morning");
    assertThat(started.targets()).containsExactlyInAnyOrder(NORTH, EAST);
    assertThat(started.outcomes()).hasSize(10);

    ShutdownJournal resumed =
        Objects.requireNonNull(
            ShutdownJournal.resume(file, startOptions().build()).block(PATIENCE));
    assertThat(all(FleetStart.across(clients).journal(resumed).build().start(stopRun))).isEmpty();
    resumed.disposeLater().block(PATIENCE);
  }

  @Test
  void targetWithoutAClient_isRefusedUnlessTheRunContinues() {
    JournaledRun stopRun = stop();
    Map<Target, EcsClient> north = Map.of(NORTH, Objects.requireNonNull(clients.get(NORTH)));
    MultiTargetStart strict = FleetStart.across(north).options(startOptions().build()).build();

    assertThatThrownBy(() -> strict.start(stopRun))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has instances of 2100000001/cn-shanghai, which has no client");

    MultiTargetStart some =
        FleetStart.across(north)
            .options(startOptions().build())
            .only((target, id) -> ids(target).indexOf(id.value()) < 2)
            .continueOnTargetError(true)
            .build();
    assertThat(all(some.start(stopRun)))
        .hasSize(2)
        .allSatisfy(each -> assertThat(each.target()).isEqualTo(NORTH));
    assertThat(some.candidates(stopRun).get(NORTH)).hasSize(2);
    assertThat(cloud.ledger(ACCOUNT, EAST.region()).calls("StartInstance")).isZero();
    assertThat(some.drain().then(Mono.just(true)).block(PATIENCE)).isTrue();
    assertThat(all(some.start(stopRun))).isEmpty();
  }
}
