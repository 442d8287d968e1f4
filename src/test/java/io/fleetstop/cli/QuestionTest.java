package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The confirmation before a fleet is stopped. Nothing is stopped before the answer. */
class QuestionTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(8).startNow();
  private final TestTerminal terminal =
      TestTerminal.of(simulator).terminals(Stream.STDIN, Stream.STDERR).input("n\n");

  @TempDir private Path directory;

  @AfterEach
  void nothingWasStopped() {
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
    assertThat(terminal.outText()).isEmpty();
    simulator.dispose();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "n\n", "no\n", "yep\n", "yes please\n"})
  void anyAnswerButYes_stopsNothing(String answer) {
    terminal.input(answer);

    assertThat(terminal.stop(simulator, "--allow-missing", "i-1", "i-2")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "About to stop 2 instances in cn-beijing (KeepCharging): i-1, i-2\nContinue? [y/N] ")
        .contains("not confirmed; nothing was stopped");
  }

  @Test
  void question_showsCountAndFirstNames() {
    String[] args = new String[1_203];
    Arrays.setAll(args, i -> "i-" + i);
    args[0] = simulator.ids().get(0);
    args[1_200] = "--force";
    args[1_201] = "--stopped-mode=StopCharging";
    args[1_202] = "--allow-missing";

    assertThat(terminal.stop(simulator, args)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "About to stop 1,200 instances in cn-beijing (StopCharging, forced):"
                + " sim-1 (i-sim0000000001), i-1, i-2, i-3, i-4 and 1,195 more\n")
        .contains("1,000 instances described so far\n");
  }

  @Test
  void question_namesSkippedInstancesAndReasons() throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), "i-sim0000000001\ni-sim0000000004\n");
    simulator.add(
        SimulatedInstance.builder("i-db").name("db\u001b[2J").tag("fleetstop:protect", "").build());
    simulator.add(SimulatedInstance.builder("i-app").name("app\u001b[2J").build());

    String[] args = {"--exclude-file", keep.toString(), "--project=default", "--status=RUNNING"};
    assertThat(terminal.stop(simulator, args)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "About to stop 2 instances in cn-beijing (KeepCharging): sim-2 (i-sim0000000002),"
                + " app\\u001b[2J (i-app)\nSkipped: 1 excluded by "
                + keep
                + ", 1 protected by its tag fleetstop:protect\nContinue? [y/N] ")
        .doesNotContain("\u001b");
  }

  @Test
  void singleMatchOfAFilter_isConfirmedToo() {
    simulator.add(SimulatedInstance.builder("i-only").tag("only", "one").build());

    assertThat(terminal.stop(simulator, "--tag", "only")).isEqualTo(2);
    assertThat(terminal.errText()).contains("About to stop 1 instance in cn-beijing", "i-only");
  }

  @Test
  void tooLargeFleet_failsWithoutQuestion() {
    assertThat(terminal.stop(simulator, "--max-instances", "1", "i-1", "i-2")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("the fleet has 2 instances, more than the 1 of --max-instances; nothing was")
        .doesNotContain("Continue?");
  }
}
