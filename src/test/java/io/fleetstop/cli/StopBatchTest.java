package io.fleetstop.cli;

import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.observe.CallListener;
import io.fleetstop.observe.CallSubject;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.util.context.Context;

/** {@code --batch}. */
class StopBatchTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(250).stopDelay(Duration.ofMillis(50)).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stopAll(String... options) {
    Path ids = idsFile();
    List<String> line = new ArrayList<>(List.of(options));
    line.addAll(List.of("--yes", "--rate=1000", "--ids-file=" + ids));
    return terminal.stop(simulator, line.toArray(String[]::new));
  }

  private Path idsFile() {
    try {
      return Files.write(directory.resolve("ids.txt"), simulator.ids());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void auto_sharesCalls() {
    assertThat(stopAll("--batch=auto")).isZero();

    assertThatService(simulator)
        .stoppedOnceEachInBatches(simulator.ids())
        .receivedCalls("StopInstance", 0);
    assertThat(simulator.ledger().calls("StopInstances")).isBetween(7L, 14L);
    assertThat(terminal.outLines()).hasSize(250).allMatch(line -> line.contains("  STOPPED"));
    assertThat(terminal.errText()).contains(" StopInstances of 250 instances");
  }

  @Test
  void number_boundsTheInstancesOfACall() {
    assertThat(stopAll("--batch=10", "--max-failures=250")).isZero();

    assertThat(simulator.ledger().calls("StopInstances")).isBetween(25L, 32L);
  }

  @Test
  void logAndSummary_nameTheInstancesOfACall() {
    RequestStats stats = new RequestStats(CallListener.NONE);

    Context context =
        stats.callContext(
            new CallSubject("ecs", "StopInstances", "cn-beijing", null, 100), Context.empty());

    assertThat(context.stream().map(Map.Entry::getValue)).containsExactly("of 100 instances");
    assertThat(stats).hasToString("0 StopInstances of 100 instances");
  }

  @Test
  void denied_isPrintedOnce() {
    simulator.failAlways("StopInstances", GatewayErrors.ACCESS_DENIED);

    assertThat(stopAll("--batch=auto")).isZero();

    assertThatService(simulator).stoppedOnceEachInBatches(simulator.ids());
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(250);
    assertThat(terminal.errText())
        .containsOnlyOnce(
            "--batch has no effect: the service rejected StopInstances with AccessDenied");
  }

  @Test
  void batchesOfAJournal_areRepeatedAsTheyWere() {
    Path journal = directory.resolve("run.jsonl");
    simulator.faultAlways("StopInstances", Fault.HUNG_BEFORE);
    assertThat(
            stopAll(
                "--batch=auto",
                "--max-failures=250",
                "--journal=" + journal,
                "--deadline=500ms",
                "--run-deadline=1s"))
        .isEqualTo(1);
    long before = simulator.ledger().calls("StopInstances");
    simulator.clearFaults("StopInstances");

    assertThat(stopAll("--batch=auto", "--max-failures=250", "--journal=" + journal, "--resume"))
        .isZero();

    assertThat(before).isPositive();
    assertThatService(simulator).stoppedOnceEachInBatches(simulator.ids());
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
  }
}
