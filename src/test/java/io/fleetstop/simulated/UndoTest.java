package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Stops a fleet and starts it again, with faults, kills, and changes by others in between. */
@Tag("long")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class UndoTest {

  private static final int INSTANCES = 1_000;
  private static final int STOPPED_BEFORE = 50;
  private static final int CHANGED = 50;
  private static final int MAX_LIVES = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** The service dates changes in seconds. */
  private static final Duration TOLERANCE = Duration.ofMillis(1_500);

  @TempDir Path folder;

  @Tag("guarantee:undo")
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void stopAndUndo_exactlyThoseThatWereRunningRunAgain(long seed) throws Exception {
    Random random = new Random(seed);
    EcsSimulatorBuilder builder =
        simulator()
            .seed(seed)
            .stopDelay(Duration.ofMillis(20))
            .startDelay(Duration.ofMillis(20))
            .instances(INSTANCES)
            .faults(ChaosTest.everything());
    for (int i = 0; i < STOPPED_BEFORE; i++) {
      builder.instance("i-before" + i, "STOPPED");
    }
    EcsSimulator simulator = builder.startNow();
    EcsClient client =
        client(simulator)
            .retryPolicy(patience().attemptTimeout(Duration.ofSeconds(1)).build())
            .build();
    try {
      List<String> all = new ArrayList<>(simulator.ids());
      Collections.shuffle(all, random);
      Path stops = folder.resolve("run.jsonl");
      live(
          stops,
          asked(Operation.STOP),
          random,
          journal -> FleetShutdown.create(client, journal).stop(ids(all)));
      JournaledRun run = Objects.requireNonNull(JournaledRun.read(stops).block());
      Thread.sleep(TOLERANCE.plusSeconds(1).toMillis());
      Changes changes = change(simulator, random);
      live(
          folder.resolve("run.start.jsonl"),
          asked(Operation.START),
          random,
          journal ->
              FleetStart.builder(client)
                  .journal(journal)
                  .changeTolerance(TOLERANCE)
                  .build()
                  .start(run));
      check(simulator, changes);
    } finally {
      client.closeAsync().then(simulator.disposeLater()).block(PATIENCE);
    }
  }

  private static ShutdownOptions asked(Operation operation) {
    return options()
        .operation(operation)
        .runId("run-" + operation)
        .failureLimit(FailureLimit.percent(100))
        .build();
  }

  /** Runs until every instance has its final outcome; the first lives are killed. */
  private static void live(
      Path file,
      ShutdownOptions options,
      Random random,
      Function<ShutdownJournal, Flux<ShutdownOutcome>> run)
      throws IOException {
    for (int life = 0; life < MAX_LIVES; life++) {
      ShutdownJournal journal =
          Objects.requireNonNull(
              (life == 0
                      ? ShutdownJournal.create(file, options)
                      : ShutdownJournal.resume(file, options))
                  .block(PATIENCE));
      boolean isKilled = life < 2;
      Flux<ShutdownOutcome> outcomes = run.apply(journal);
      (isKilled ? outcomes.take(200 + random.nextInt(200)) : outcomes).blockLast(PATIENCE);
      journal.disposeLater().block(PATIENCE);
      if (isKilled) {
        Files.writeString(file, "{\"at\":\"2026-11-", StandardOpenOption.APPEND);
      } else if (isComplete(file, options)) {
        return;
      }
    }
    throw new AssertionError("no end after " + MAX_LIVES + " lives");
  }

  private static boolean isComplete(Path file, ShutdownOptions options) {
    ShutdownJournal journal =
        Objects.requireNonNull(ShutdownJournal.resume(file, options).block(PATIENCE));
    Set<InstanceId> left = journal.state().incomplete();
    journal.disposeLater().block(PATIENCE);
    return left.isEmpty();
  }

  /** What others did between stop and undo. */
  private record Changes(Set<String> started, Set<String> startedAndStopped) {}

  private static Changes change(EcsSimulator simulator, Random random) {
    List<String> stopped =
        new ArrayList<>(
            simulator.ids().stream().filter(id -> simulator.ledger().effects(id) == 1).toList());
    Collections.shuffle(stopped, random);
    Set<String> started = new LinkedHashSet<>(stopped.subList(0, CHANGED / 2));
    Set<String> again = new LinkedHashSet<>(stopped.subList(CHANGED / 2, CHANGED));
    started.forEach(id -> simulator.setState(id, "RUNNING"));
    again.forEach(id -> simulator.setState(id, "STOPPED"));
    return new Changes(started, again);
  }

  private static void check(EcsSimulator simulator, Changes changes) {
    Ledger ledger = simulator.ledger();
    int undone = 0;
    for (String id : simulator.ids()) {
      boolean others =
          changes.started.contains(id)
              || changes.startedAndStopped.contains(id)
              || ledger.effects(id) == 0;
      boolean runs = !id.startsWith("i-before") && !changes.startedAndStopped.contains(id);
      assertThat(ledger.starts(id)).as("starts of %s", id).isEqualTo(others ? 0 : 1);
      assertThat(simulator.status(id)).as(id).isEqualTo(runs ? "RUNNING" : "STOPPED");
      undone += ledger.starts(id);
    }
    assertThat(undone).isGreaterThan(INSTANCES - CHANGED - 100);
    assertThat(ledger.stoppedRepeatedly()).isEmpty();
  }
}
