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
import org.junit.jupiter.api.Tag;
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

  private String[] journaled(String... more) {
    List<String> options = new ArrayList<>(List.of(more));
    options.addAll(
        List.of("--batch=auto", "--max-failures=250", "--journal=" + directory.resolve("run")));
    return options.toArray(String[]::new);
  }

  /** A run whose batches are in the journal, and of which no batch took effect. */
  private void stopWithoutEffect() {
    simulator.faultAlways("StopInstances", Fault.HUNG_BEFORE);
    assertThat(stopAll(journaled("--deadline=3s", "--run-deadline=4s"))).isEqualTo(1);
    assertThat(simulator.ledger().calls("StopInstances")).as(terminal.errText()).isPositive();
    simulator.clearFaults("StopInstances");
  }

  @Test
  void batchesOfAJournal_areRepeatedAsTheyWere() {
    stopWithoutEffect();

    assertThat(stopAll(journaled("--resume"))).isZero();

    assertThatService(simulator).stoppedOnceEachInBatches(simulator.ids());
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
  }

  @Test
  @Tag("guarantee:protection")
  void repeatedBatch_leavesOutWhatIsExcludedMeanwhile() throws IOException {
    stopWithoutEffect();
    String kept = simulator.ids().get(0);
    String never = simulator.ids().get(1);
    Path list = Files.createDirectories(directory.resolve("fleetstop")).resolve("never-stop");
    Files.writeString(list, never);
    Path excluded = Files.writeString(directory.resolve("keep.txt"), kept);
    terminal.env("XDG_CONFIG_HOME", directory.toString());

    // Whether the first run stopped the two is not known.
    assertThat(stopAll(journaled("--resume", "--exclude-file=" + excluded))).isEqualTo(1);

    List<String> others = new ArrayList<>(simulator.ids());
    others.removeAll(List.of(kept, never));
    assertThatService(simulator).stoppedOnceEachInBatches(others);
    assertThat(simulator.ledger().effects(kept)).isZero();
    assertThat(simulator.ledger().effects(never)).isZero();
  }
}
