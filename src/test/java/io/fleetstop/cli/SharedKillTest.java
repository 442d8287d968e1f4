package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.RandomFaults;
import io.fleetstop.testkit.SimulatorAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Processes that share a run while replies are lost: two are killed at random moments and replaced,
 * and one is suspended for longer than its lease.
 */
@Tag("long")
@EnabledOnOs(OS.LINUX)
class SharedKillTest {

  private static final int FLEET = 3_000;

  @TempDir private Path directory;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("shared.seeds", 1));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(300)
  void killedAndSuspended_oneEffectTokenAndOutcomeEach(long seed) throws Exception {
    Random random = new Random(seed);
    EcsSimulator simulator =
        EcsSimulator.builder()
            .instances(FLEET)
            .stopDelay(Duration.ofMillis(300))
            .seed(seed)
            .faults(
                RandomFaults.builder()
                    .actions("StopInstance")
                    .fault(Fault.LOST_REPLY, 0.05)
                    .build())
            .startNow();
    List<Process> workers = new ArrayList<>();
    try (TestRedis redis = TestRedis.start("--appendonly", "yes")) {
      Path ids = directory.resolve("ids-" + seed);
      Files.write(ids, simulator.ids());
      workers.add(worker(simulator, redis, seed, 0, "--ids-file", ids.toString()));
      awaitEffects(simulator, 50);
      workers.add(worker(simulator, redis, seed, 1));
      workers.add(worker(simulator, redis, seed, 2));

      awaitEffects(simulator, 300 + random.nextInt(500));
      workers.get(0).destroyForcibly().waitFor();
      workers.add(worker(simulator, redis, seed, 3));
      awaitEffects(simulator, 1_000 + random.nextInt(500));
      Process suspended = workers.get(1);
      signal(suspended, "STOP");
      awaitEffects(simulator, 1_600 + random.nextInt(300));
      workers.get(2).destroyForcibly().waitFor();
      // Longer than a lease.
      TimeUnit.SECONDS.sleep(12);
      signal(suspended, "CONT");

      assertThat(workers.get(1).waitFor()).as(() -> errors(seed, 1)).isZero();
      assertThat(workers.get(3).waitFor()).as(() -> errors(seed, 3)).isZero();

      SimulatorAssert.assertThatService(simulator).stoppedOnceEach(simulator.ids());
      TestTerminal shown = new TestTerminal();
      assertThat(
              shown.run("show", "--redis", redis.url(), "--run-id", "seed-" + seed, "--output=ids"))
          .as(shown::errText)
          .isZero();
      assertThat(shown.outLines()).containsExactlyInAnyOrderElementsOf(simulator.ids());
    } finally {
      workers.forEach(Process::destroyForcibly);
      simulator.dispose();
    }
  }

  private Process worker(
      EcsSimulator simulator, TestRedis redis, long seed, int number, String... more)
      throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of("--yes", "--redis", redis.url(), "--run-id", "seed-" + seed, "--rate=200"));
    args.addAll(List.of("--no-protect-tag", "--max-failures=3000"));
    args.addAll(List.of(more));
    return ChildProcess.stop(simulator, args.toArray(new String[0]))
        .redirectOutput(directory.resolve("out-" + seed + "-" + number).toFile())
        .redirectError(directory.resolve("err-" + seed + "-" + number).toFile())
        .start();
  }

  private String errors(long seed, int number) {
    try {
      return "seed "
          + seed
          + ": "
          + Files.readString(directory.resolve("err-" + seed + "-" + number));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void signal(Process process, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  private static void awaitEffects(EcsSimulator simulator, int effects) throws Exception {
    for (int round = 0; simulator.ledger().effects() < effects && round < 6_000; round++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(simulator.ledger().effects()).isGreaterThanOrEqualTo(effects);
  }
}
