package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.RandomFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A command line that is suspended (SIGSTOP) until its time limits have passed, while the service
 * runs on.
 */
@Tag("long")
@EnabledOnOs(OS.LINUX)
class FrozenProcessTest {

  private static final int FLEET = 20;
  private static final Duration FROZEN = Duration.ofSeconds(12);

  @TempDir private Path directory;
  private EcsSimulator simulator = EcsSimulator.builder().instances(FLEET).startNow();

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  @Tag("guarantee:freeze")
  @Test
  @Timeout(120)
  void waitTimeoutPassesWhileFrozen_theStoppedInstancesAreSeen() throws Exception {
    use(EcsSimulator.builder().instances(FLEET).stopDelay(Duration.ofSeconds(5)).startNow());
    Process process = start("--wait-timeout=10s");
    awaitCalls("StopInstance");
    // Long enough for the replies, shorter than an instance takes to stop.
    TimeUnit.SECONDS.sleep(2);
    freeze(process);

    assertThat(process.waitFor()).as(this::errors).isZero();
    assertThat(outcomes()).hasSize(FLEET).allMatch(line -> line.contains("\"STOPPED\""));
    assertThat(simulator.ledger().effects()).isEqualTo(FLEET);
  }

  @Tag("guarantee:freeze")
  @Test
  @Timeout(120)
  void deadlinePassesWhileFrozen_theCallsAreRepeatedWithTheirTokens() throws Exception {
    use(
        EcsSimulator.builder()
            .instances(FLEET)
            .stopDelay(Duration.ofMillis(100))
            .faults(
                RandomFaults.builder()
                    .actions("StopInstance")
                    .fault(Fault.HUNG_BEFORE, 0.5)
                    .fault(Fault.HUNG, 0.5)
                    .build())
            .startNow());
    Process process = start("--deadline=8s");
    awaitCalls("StopInstance");
    simulator.setFaults(RandomFaults.none());
    freeze(process);

    assertThat(process.waitFor()).as(this::errors).isZero();
    assertThat(outcomes()).hasSize(FLEET).allMatch(line -> line.contains("\"STOPPED\""));
    assertThat(simulator.ledger().effects()).isEqualTo(FLEET);
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
  }

  private void use(EcsSimulator other) {
    simulator.dispose();
    simulator = other;
  }

  private Process start(String limit) throws IOException {
    List<String> args = new ArrayList<>(simulator.ids());
    args.addAll(List.of(limit, "--rate=100", "--burst=100", "--yes", "--no-protect-tag"));
    args.addAll(List.of("--output=jsonl", "--max-failures=100%"));
    return ChildProcess.stop(simulator, args.toArray(new String[0]))
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  private void awaitCalls(String action) throws InterruptedException {
    while (simulator.ledger().recent(action).size() < FLEET) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static void freeze(Process process) throws Exception {
    signal("STOP", process);
    TimeUnit.MILLISECONDS.sleep(FROZEN.toMillis());
    signal("CONT", process);
  }

  private static void signal(String name, Process process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  private List<String> outcomes() throws IOException {
    return Files.readAllLines(directory.resolve("out"));
  }

  private String errors() {
    try {
      return Files.readString(directory.resolve("err"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
