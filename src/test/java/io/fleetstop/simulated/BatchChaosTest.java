package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.RandomFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * 10,000 instances in batches of 100 under mixed faults, cut off at a random moment and resumed.
 * Four seeds, or {@code -Dbatch.seeds=N} from {@code -Dbatch.seed=1} on.
 */
@Tag("long")
class BatchChaosTest {

  private static final Logger LOG = LoggerFactory.getLogger(BatchChaosTest.class);
  private static final int FLEET = 10_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private Path directory;

  private static EcsSimulator serviceOf(long seed) {
    RandomFaults faults =
        RandomFaults.builder()
            .actions("StopInstances")
            .fault(Fault.LOST_REPLY, 0.05)
            .fault(Fault.HTML_502_AFTER, 0.015)
            .fault(Fault.HTML_502_BEFORE, 0.015)
            .fault(Fault.TRUNCATED, 0.02)
            .build();
    EcsSimulator simulator =
        simulator()
            .seed(seed)
            .instances(FLEET)
            .stopDelay(Duration.ofMillis(200))
            .faults(faults)
            .replayBatches(seed % 2 == 0)
            .shuffleBatchReplies(seed % 3 == 0)
            .startNow();
    Random random = new Random(seed);
    for (String id : simulator.ids()) {
      double share = random.nextDouble();
      if (share < 0.05) {
        simulator.failNext(id, EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, 1);
      } else if (share < 0.075) {
        simulator.failAlways(id, EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE);
      } else if (share < 0.1) {
        simulator.failNext(id, EcsErrors.INTERNAL_ERROR, 1);
      }
    }
    return simulator;
  }

  private static ShutdownOptions options(long seed) {
    return ShutdownOptions.builder()
        .runId("chaos-" + seed)
        .protectTag("")
        .batchSize(100)
        .failureLimit(FailureLimit.none())
        .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(100)))
        .busyTimeout(Duration.ofSeconds(5))
        .busyBackoff((retry, random) -> Duration.ofMillis((long) (100 * retry * random)))
        .build();
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void everyOutcomeAgreesWithTheLedger() throws IOException {
    long first = Long.getLong("batch.seed", 1);
    for (long seed = first; seed < first + Long.getLong("batch.seeds", 4); seed++) {
      run(seed);
    }
  }

  private void run(long seed) throws IOException {
    EcsSimulator simulator = serviceOf(seed);
    long startNanos = System.nanoTime();
    try {
      Path cutOff = liveUntilCutOff(simulator, seed);
      EcsClient client = clientOf(simulator);
      ShutdownJournal journal =
          Objects.requireNonNull(ShutdownJournal.resume(cutOff, options(seed)).block(LIMIT));
      FleetShutdown.create(client, journal).stop(ids(simulator)).blockLast(LIMIT);
      journal.disposeLater().then(client.closeAsync()).block(LIMIT);
      Map<String, Kind> outcomes = outcomesIn(cutOff);
      assertThat(outcomes).as("seed %s", seed).hasSize(FLEET);
      List<String> stopped = new ArrayList<>();
      outcomes.forEach((id, kind) -> check(seed, simulator.ledger(), id, kind, stopped));
      assertThatService(simulator).stoppedOnceEachInBatches(stopped);
      assertThat(simulator.ledger().stoppedRepeatedly()).as("seed %s", seed).isEmpty();
      assertThat(simulator.ledger().faults(Fault.LOST_REPLY)).as("seed %s", seed).isPositive();
      assertThat(stopped).as("seed %s", seed).hasSizeGreaterThan(FLEET * 8 / 10);
      LOG.info(
          "seed {}: {} StopInstances, {} stopped, {} in {} ms",
          seed,
          simulator.ledger().calls("StopInstances"),
          stopped.size(),
          counts(outcomes),
          (System.nanoTime() - startNanos) / 1_000_000);
    } finally {
      simulator.disposeLater().block(LIMIT);
    }
  }

  private static EcsClient clientOf(EcsSimulator simulator) {
    return client(simulator)
        .retryPolicy(patience().attemptTimeout(Duration.ofSeconds(2)).maxAttempts(2).build())
        .build();
  }

  private static Flux<InstanceId> ids(EcsSimulator simulator) {
    return Flux.fromIterable(simulator.ids()).map(InstanceId::of);
  }

  /** Returns what a killed process would leave: the journal as it is in the middle of the run. */
  private Path liveUntilCutOff(EcsSimulator simulator, long seed) throws IOException {
    Path file = directory.resolve("run-" + seed + ".jsonl");
    Path copy = directory.resolve("cut-" + seed + ".jsonl");
    int life = 1 + new Random(seed).nextInt(FLEET - 1);
    EcsClient client = clientOf(simulator);
    ShutdownJournal journal =
        Objects.requireNonNull(ShutdownJournal.create(file, options(seed)).block(LIMIT));
    FleetShutdown.create(client, journal).stop(ids(simulator)).take(life).blockLast(LIMIT);
    Files.copy(file, copy);
    journal.disposeLater().then(client.closeAsync()).block(LIMIT);
    return copy;
  }

  /** The last outcome of each instance; a killed process may have recorded it and not shown it. */
  private static Map<String, Kind> outcomesIn(Path journal) throws IOException {
    Pattern outcome = Pattern.compile("\"instanceId\":\"([^\"]+)\",\"outcome\":\"([A-Z_]+)\"");
    Map<String, Kind> outcomes = new HashMap<>();
    for (String line : Files.readAllLines(journal)) {
      Matcher found = outcome.matcher(line);
      if (found.find()) {
        outcomes.put(found.group(1), Kind.valueOf(found.group(2)));
      }
    }
    return outcomes;
  }

  private static void check(long seed, Ledger ledger, String id, Kind kind, List<String> stopped) {
    int effects = ledger.effects(id);
    switch (kind) {
      case STOPPED -> {
        assertThat(effects).as("seed %s: effects on %s", seed, id).isEqualTo(1);
        stopped.add(id);
      }
      case UNCONFIRMED ->
          assertThat(effects).as("seed %s: effects on %s", seed, id).isLessThanOrEqualTo(1);
      default -> assertThat(effects).as("seed %s: effects on %s, %s", seed, id, kind).isZero();
    }
  }

  private static Map<Kind, Long> counts(Map<String, Kind> outcomes) {
    Map<Kind, Long> counts = new TreeMap<>();
    outcomes.values().forEach(kind -> counts.merge(kind, 1L, Long::sum));
    return counts;
  }
}
