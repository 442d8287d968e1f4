package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a resumed run reports the instances of the earlier run. */
class ResumedStopTest {

  private final List<EcsSimulator> simulators = new ArrayList<>();

  @TempDir private Path directory;

  private String journal() {
    return "--journal=" + directory.resolve("run.jsonl");
  }

  private EcsSimulator simulator(String region, String... ids) {
    EcsSimulatorBuilder builder = EcsSimulator.builder().region(region);
    for (String id : ids) {
      builder.instance(SimulatedInstance.builder(id).build());
    }
    return started(builder);
  }

  private EcsSimulator started(EcsSimulatorBuilder builder) {
    EcsSimulator simulator = builder.startNow();
    simulators.add(simulator);
    return simulator;
  }

  @AfterEach
  void dispose() {
    simulators.forEach(EcsSimulator::dispose);
  }

  @Test
  void excludedFailure_isNotCountedInAWave() throws IOException {
    EcsSimulator simulator = simulator("cn-beijing", "i-a", "i-b", "i-c", "i-d");
    TestTerminal first = TestTerminal.of(simulator);
    assertThat(first.stop(simulator, journal(), "--wait-timeout=20ms", "--yes", "i-a"))
        .isEqualTo(1);
    Path keep = Files.writeString(directory.resolve("keep"), "i-a\n");
    TestTerminal again = TestTerminal.of(simulator);
    again.stop(
        simulator,
        journal(),
        "--resume",
        "--yes",
        "--no-wait",
        "--wave=1,3",
        "--exclude-file=" + keep,
        "i-b",
        "i-c",
        "i-d");
    assertThat(again.errText())
        .contains("Wave 1 of 2 has ended: 0 of 1 instance failed or unconfirmed\n")
        .contains("Wave 2 of 2 begins: 2 instances\n");
  }

  @Tag("guarantee:journal-scope")
  @Test
  void journalOfAnotherRegion_isRejected() {
    EcsSimulator beijing = simulator("cn-beijing", "i-a");
    EcsSimulator shanghai = simulator("cn-shanghai", "i-z");
    TestTerminal first = TestTerminal.of(beijing);
    assertThat(
            first.stop(
                beijing, journal(), "--wait-timeout=20ms", "--yes", "--no-protect-tag", "i-a"))
        .isEqualTo(1);
    TestTerminal second = TestTerminal.of(shanghai);
    int exit = second.stop(shanghai, journal(), "--resume", "--yes", "--no-protect-tag", "i-a");
    assertThat(exit).isEqualTo(2);
  }

  @Tag("guarantee:journal-scope")
  @Test
  void journalOfTheSimulator_isRejectedForARealFleet() {
    EcsSimulator real = simulator("cn-beijing", "i-real");
    TestTerminal first = new TestTerminal();
    assertThat(first.run("stop", "--simulate=1", journal(), "i-real")).isEqualTo(1);
    TestTerminal second = TestTerminal.of(real);
    int exit = second.stop(real, journal(), "--resume", "--yes", "i-real");
    assertThat(exit).isEqualTo(2);
  }

  @Test
  void unconfirmedInTheJournal_isNoSuccess() {
    EcsSimulator simulator =
        started(
            EcsSimulator.builder()
                .instance(SimulatedInstance.builder("i-a").stopDelay(Duration.ofHours(1)).build()));
    TestTerminal first = TestTerminal.of(simulator);
    assertThat(first.stop(simulator, journal(), "--no-wait", "i-a")).isZero();
    TestTerminal second = TestTerminal.of(simulator);
    simulator.setState("i-a", "RUNNING"); // started again by another user
    assertThat(second.stop(simulator, journal(), "--resume", "--wait-timeout=3s", "i-a"))
        .isEqualTo(1);
    TestTerminal third = TestTerminal.of(simulator);
    int exit = third.stop(simulator, journal(), "--resume", "--no-wait", "i-a");
    assertThat(exit).isEqualTo(1);
  }

  @Test
  void acceptedButNotListed_unconfirmed() {
    EcsSimulator simulator = simulator("cn-beijing", "i-a");
    simulator.failAlways("DescribeInstances", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    TestTerminal terminal = TestTerminal.of(simulator);
    assertThat(terminal.stop(simulator, "--no-protect-tag", "--output=jsonl", "i-a")).isEqualTo(1);
    assertThat(terminal.outText()).contains("\"outcome\":\"UNCONFIRMED\"");
  }

  @Test
  void rejectedKeyAfterEarlierStop_unconfirmed() {
    EcsSimulator simulator = simulator("cn-beijing", "i-a");
    TestTerminal first = TestTerminal.of(simulator);
    assertThat(first.stop(simulator, journal(), "--wait-timeout=20ms", "--no-protect-tag", "i-a"))
        .isEqualTo(1);
    TestTerminal again = TestTerminal.of(simulator).env("VOLCENGINE_SECRET_KEY", "another");
    assertThat(again.stop(simulator, journal(), "--resume", "--no-protect-tag", "i-a"))
        .isEqualTo(4);
    assertThat(again.outText()).contains("UNCONFIRMED").doesNotContain("FAILED");
  }
}
