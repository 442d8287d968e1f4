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
        .contains("About to stop 2 instances in cn-beijing:\n", "\nContinue? [y/N] ")
        .contains("  instances    i-1, i-2\n", "  status       2 missing\n")
        .contains("not confirmed; nothing was stopped");
  }

  @Test
  void answerTypedBeforeTheQuestion_doesNotCount() {
    terminal
        .terminals(Stream.STDIN, Stream.STDERR)
        .onError("Continue? [y/N] ", () -> terminal.type("\n"))
        .type("y\n");

    assertThat(terminal.stop(simulator, "--allow-missing", "i-1", "i-2")).isEqualTo(2);
    assertThat(terminal.errText()).contains("Continue? [y/N] ", "not confirmed");
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
        .contains("About to stop 1,200 instances in cn-beijing:\n")
        .contains("  mode         StopCharging, force (power off)\n")
        .contains("sim-1 (i-sim0000000001), i-1, i-2, i-3, i-4 and 1,195 more\n")
        .contains("1,000 instances described so far\n");
  }

  @Test
  void question_tellsAccountTargetAndEverythingThatMatters() {
    simulator.add(
        SimulatedInstance.builder("i-off").zoneId("cn-beijing-b").status("STOPPED").build());

    assertThat(
            terminal.stop(
                simulator,
                "--allow-missing",
                "i-off",
                "i-sim0000000001",
                "i-sim0000000002",
                "i-no"))
        .isEqualTo(2);
    assertThat(terminal.errText())
        .contains("About to stop 4 instances in cn-beijing:\n")
        .contains("  account      2100000001, as user trn:iam::2100000001:user/simulated\n")
        .contains("  endpoint     " + simulator.endpoint() + " (--endpoint)\n")
        .contains("  mode         KeepCharging, guest shutdown\n")
        .contains("  status       2 RUNNING, 1 STOPPED, 1 missing\n")
        .contains("  zone         2 cn-beijing-b, 1 cn-beijing-c\n")
        .contains("  project      3 default\n")
        .contains(
            "  not stopped  0 protected (tag fleetstop:protect), 0 excluded, 1 missing, "
                + "1 already stopped\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"y\n", "yes\n", "100\n", "1010\n", "\n"})
  void largeFleet_isNotStoppedByAYes(String answer) {
    terminal.input(answer);

    assertThat(terminal.stop(simulator, large())).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("To stop them, type the number of instances, 101: ")
        .contains("not confirmed; nothing was stopped");
  }

  private static String[] large() {
    String[] args = new String[102];
    Arrays.setAll(args, i -> "i-" + i);
    args[101] = "--allow-missing";
    return args;
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
        .contains("About to stop 2 instances in cn-beijing:\n")
        .contains("  instances    sim-2 (i-sim0000000002), app\\u001b[2J (i-app)\n")
        .contains(
            "  not stopped  1 protected (tag fleetstop:protect), 1 excluded by "
                + keep
                + ", 0 missing, 0 already stopped\nContinue? [y/N] ")
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
