package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@code fleetstop stop --plan} shows what the question shows, and stops nothing. */
class PlanTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(130).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void nothingWasStopped() {
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
    simulator.dispose();
  }

  @Test
  void plan_isOneJsonObject() throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), "i-sim0000000001\n");
    simulator.add(SimulatedInstance.builder("i-db").tag("fleetstop:protect", "").build());

    assertThat(
            terminal.stop(
                simulator,
                "--plan",
                "--output=jsonl",
                "--force",
                "--status=RUNNING",
                "--exclude-file=" + keep))
        .isZero();

    JsonNode plan = terminal.outJson().get(0);
    assertThat(terminal.outJson()).hasSize(1);
    assertThat(plan.get("instances").intValue()).isEqualTo(129);
    assertThat(plan.get("accountId").stringValue()).isEqualTo("2100000001");
    assertThat(plan.get("identity").stringValue()).endsWith("user/simulated");
    assertThat(plan.get("region").stringValue()).isEqualTo("cn-beijing");
    assertThat(plan.get("endpoint").stringValue()).isEqualTo(simulator.endpoint().toString());
    assertThat(plan.get("endpointOrigin").stringValue()).isEqualTo("--endpoint");
    assertThat(plan.get("stoppedMode").stringValue()).isEqualTo("KeepCharging");
    assertThat(plan.get("force").booleanValue()).isTrue();
    assertThat(plan.get("statuses").toString()).isEqualTo("{\"RUNNING\":129}");
    assertThat(plan.get("zones").toString())
        .isEqualTo("{\"cn-beijing-a\":43,\"cn-beijing-b\":43,\"cn-beijing-c\":43}");
    assertThat(plan.get("protected").intValue()).isEqualTo(1);
    assertThat(plan.get("excluded").intValue()).isEqualTo(1);
    assertThat(plan.get("firstInstances").size()).isEqualTo(5);
  }

  @Test
  void text_isThatOfTheQuestion() {
    assertThat(terminal.stop(simulator, "--plan", "--status=RUNNING")).isZero();

    TestTerminal asked =
        TestTerminal.of(simulator).terminals(Stream.STDIN, Stream.STDERR).input("n\n");
    assertThat(asked.stop(simulator, "--status=RUNNING")).isEqualTo(2);
    assertThat(terminal.outLines())
        .hasSizeGreaterThan(7)
        .startsWith("About to stop 130 instances in cn-beijing:");
    assertThat(asked.errText()).startsWith(terminal.outText());
  }

  @Test
  void wholeCommand_leavesNoFile() throws IOException {
    assertThat(
            terminal.stop(
                simulator,
                "--plan",
                "--yes",
                "--journal=" + directory.resolve("run.jsonl"),
                "--report=" + directory.resolve("run.html"),
                "i-sim0000000001"))
        .isZero();

    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void missingInstance_isRefusedAsByTheRun() {
    assertThat(terminal.stop(simulator, "--plan", "i-nowhere")).isEqualTo(2);
    assertThat(terminal.errText()).contains("1 of 1 instance does not exist in cn-beijing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"csv", "table", "ids"})
  void otherFormats_areRefused(String format) {
    assertThat(terminal.stop(simulator, "--plan", "--output=" + format, "i-sim0000000001"))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("--plan prints text or jsonl");
    assertThat(List.copyOf(terminal.outLines())).isEmpty();
  }
}
