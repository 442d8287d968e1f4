package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The option {@code --wave}. */
class StopWavesTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(100).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stopAll(TestTerminal terminal, String... options) {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--no-wait", "--no-protect-tag", "--rate=2000"));
    args.addAll(Arrays.asList(options));
    args.addAll(simulator.ids());
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  @Test
  void waves_areReportedAtStartAndEnd() {
    assertThat(stopAll(terminal, "--wave=5,10%,50,100%")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(100);
    assertThat(terminal.errText())
        .containsSubsequence(
            "Wave 1 of 4 begins: 5 instances\n",
            "Wave 1 of 4 has ended: 0 of 5 instances failed or unconfirmed\n",
            "Wave 2 of 4 begins: 5 instances\n",
            "Wave 2 of 4 has ended: 0 of 5 instances failed or unconfirmed\n",
            "Wave 3 of 4 begins: 40 instances\n",
            "Wave 4 of 4 begins: 50 instances\n",
            "Wave 4 of 4 has ended: 0 of 50 instances failed or unconfirmed\n");
  }

  @Test
  void waves_endWithTheLastSizeWritten() {
    String journal = "--journal=" + directory.resolve("run.jsonl");

    assertThat(stopAll(terminal, "--wave=1,10", journal)).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(10);
    assertThat(terminal.outLines()).hasSize(10);
    assertThat(terminal.errText())
        .contains("Wave 2 of 2 has ended: 0 of 9 instances failed or unconfirmed\n")
        .contains("90 instances are beyond the last size of --wave and not stopped. Stop the next")
        .contains("--resume");

    TestTerminal later = TestTerminal.of(simulator);
    assertThat(stopAll(later, "--wave=100%", journal, "--resume")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(100);
    assertThat(later.errText()).doesNotContain("beyond the last size");
  }

  @Test
  void wavesWithoutAJournal_sayHowToStopTheRest() {
    assertThat(stopAll(terminal, "--wave=99")).isZero();

    assertThat(simulator.ledger().effects()).isEqualTo(99);
    assertThat(terminal.errText())
        .contains("1 instance is beyond the last size of --wave and not stopped. To stop them, run")
        .contains("with a last size of 100%");
  }

  @Test
  void excludedInstances_areInNoWave() throws IOException {
    Path keep = Files.write(directory.resolve("keep"), simulator.ids().subList(50, 100));
    assertThat(stopAll(terminal, "--wave=5,10,50", "--exclude-file=" + keep)).isZero();
    assertThat(terminal.errText())
        .containsSubsequence(
            "Wave 1 of 3 begins: 5 instances\n",
            "Wave 1 of 3 has ended: 0 of 5 instances failed or unconfirmed\n",
            "Wave 2 of 3 begins: 5 instances\n",
            "Wave 3 of 3 begins: 40 instances\n",
            "Wave 3 of 3 has ended: 0 of 40 instances failed or unconfirmed\n");
  }

  @Test
  void quiet_reportsNoWaves() {
    assertThat(stopAll(terminal, "--wave=5,10%,50", "--quiet")).isZero();
    assertThat(terminal.errText()).isEmpty();
  }

  @Test
  void failedCanary_endsTheRunAndResumeHasItsOwn() {
    simulator
        .ids()
        .subList(0, 5)
        .forEach(id -> simulator.failAlways(id, EcsErrors.INVALID_ARGUMENT));
    String journal = "--journal=" + directory.resolve("run.jsonl");

    assertThat(stopAll(terminal, "--wave=5%,100%", journal)).isEqualTo(3);
    assertThat(simulator.calls()).isEqualTo(5);
    assertThat(terminal.errText())
        .contains("Wave 1 of 2 has ended: 5 of 5 instances failed or unconfirmed\n")
        .contains(
            "Ended early: Client.FailureBudgetExhausted: 5 of 5 outcomes of wave 1 are failed or"
                + " unconfirmed, more than the limit of 20.0%; wave 2 was not started")
        .contains("95 not started")
        .doesNotContain("Wave 2 of 2 begins");

    TestTerminal later = TestTerminal.of(simulator);
    assertThat(stopAll(later, "--wave=5%,100%", journal, "--resume")).isEqualTo(1);
    assertThat(simulator.ledger().effects()).isEqualTo(95);
    assertThat(later.errText())
        .containsSubsequence(
            "5 done before, 5 of them failed",
            "Wave 1 of 2 begins: 5 instances\n",
            "Wave 2 of 2 begins: 90 instances\n");
  }

  /** A terminal on which a person sits. */
  private TestTerminal person() {
    TestTerminal person = TestTerminal.of(simulator);
    person.terminals(Stream.STDERR).type("");
    return person;
  }

  @Test
  void wavesAndWhatIsLeft_areListedBeforeTheQuestion() {
    List<String> args = new ArrayList<>(List.of("--no-protect-tag", "--wave=1,10%,33.5%"));
    args.addAll(simulator.ids());
    TestTerminal person = person();
    person.onError("Continue? [y/N] ", () -> person.type("n\n"));

    assertThat(person.stop(simulator, args.toArray(new String[0]))).isEqualTo(2);
    assertThat(person.errText())
        .containsSubsequence(
            "Wave 1 of 3: 1 instance, 1 of 100 in all\n",
            "Wave 2 of 3 (10%): 9 instances, 10 of 100 in all\n",
            "Wave 3 of 3 (33.5%): 24 instances, 34 of 100 in all\n",
            "Not in a wave: 66 instances beyond the last size of --wave; end it with 100% to include",
            "Continue? [y/N] ");
  }

  @Test
  void confirmedWaves_startAfterAYes() {
    TestTerminal person = person();
    person.onError("Start wave 2 of 3 (9 instances)? [y/N] ", () -> person.type("yes\n"));
    person.onError("Start wave 3 of 3 (90 instances)? [y/N] ", () -> person.type("Y\necho rest\n"));

    assertThat(stopAll(person, "--wave=1,10,100%", "--confirm-waves")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(100);
    assertThat(person.errText())
        .containsSubsequence(
            "Wave 1 of 3 has ended", "Start wave 2 of 3", "Wave 2 of 3 begins: 9 instances");
    assertThat(person.unread()).isEqualTo("echo rest\n");
  }

  @Test
  void typedAheadAnswer_doesNotCount() {
    TestTerminal person = person();
    person.type("y\n");
    person.onError("Start wave 2", () -> person.type("what\n"));
    person.onError("Type yes or no", () -> person.type("\n"));

    assertThat(stopAll(person, "--wave=1,100%", "--confirm-waves")).isEqualTo(130);
    assertThat(simulator.calls()).isEqualTo(1);
  }

  @Test
  void refusedWave_endsTheRunAndCanBeResumed() {
    String journal = "--journal=" + directory.resolve("run.jsonl");
    TestTerminal person = person();
    person.onError("Start wave 2", () -> person.type("n\n"));

    assertThat(stopAll(person, "--wave=1,100%", "--confirm-waves", journal)).isEqualTo(130);
    assertThat(simulator.calls()).isEqualTo(1);
    assertThat(person.errText())
        .contains("The next wave was not confirmed and is not started. Resume with: the same")
        .contains("99 not started")
        .doesNotContain("Wave 2 of 2 begins");

    assertThat(stopAll(TestTerminal.of(simulator), "--wave=100%", journal, "--resume")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--confirm-waves", "--wave-pause=1h"})
  void interruptBetweenWaves_endsTheRun(String between) {
    TestTerminal person = person();
    person.onError("Start wave 2", person::interrupt);
    person.onError("Wave 2 of 2 begins in 1 h 0 min", person::interrupt);

    assertThat(stopAll(person, "--wave=1,100%", between)).isEqualTo(130);
    assertThat(simulator.calls()).isEqualTo(1);
    assertThat(person.errText())
        .contains("Interrupted (run id ", "Resume with: the same command and --run-id ")
        .doesNotContain("Wave 2 of 2 begins: ");
  }

  @Test
  void pause_isBeforeEachWaveAndNeedsNoTerminal() {
    assertThat(stopAll(terminal, "--wave=1,10,20", "--wave-pause=20ms")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(20);
    assertThat(terminal.errText())
        .containsSubsequence(
            "Wave 1 of 3 has ended",
            "Wave 2 of 3 begins in 0.0 s",
            "Wave 2 of 3 begins: ",
            "Wave 3 of 3 begins in 0.0 s",
            "Wave 3 of 3 begins: ",
            "80 instances are beyond the last size");
  }

  @Test
  void questionThatCannotBeAsked_isRefusedBeforeAnyCall() {
    assertThat(stopAll(terminal, "--wave=1,100%", "--confirm-waves")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--confirm-waves needs a terminal");
    TestTerminal background = person().background();
    assertThat(stopAll(background, "--wave=1,100%", "--confirm-waves")).isEqualTo(2);
    assertThat(background.errText()).contains("cannot be answered in the background");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
    assertThat(simulator.ledger().calls("DescribeInstances")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--confirm-waves", "--wave-pause=1m"})
  void optionsBetweenWaves_needWaves(String option) {
    assertThat(stopAll(terminal, option)).isEqualTo(2);
    assertThat(terminal.errText()).contains(option.replace("=1m", "") + " needs --wave; add it");
  }

  @Test
  void resume_takesTheSameSizesOfWhatIsLeft() {
    String journal = "--journal=" + directory.resolve("run.jsonl");

    assertThat(stopAll(terminal, "--wave=1,10", journal)).isZero();
    TestTerminal later = TestTerminal.of(simulator);
    assertThat(stopAll(later, "--wave=1,10", journal, "--resume")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(20);
    assertThat(later.errText())
        .containsSubsequence(
            "Wave 2 of 2: 9 instances, 10 of 90 in all\n",
            "Not in a wave: 80 instances",
            "80 instances are beyond the last size of --wave and not stopped. Stop the next waves");
  }

  @Test
  void quietQuestion_isAfterTheListOfWaves() {
    List<String> args = new ArrayList<>(List.of("--no-protect-tag", "--wave=1,10", "--quiet"));
    args.addAll(simulator.ids());
    TestTerminal person = person();
    person.onError("Continue? [y/N] ", () -> person.type("n\n"));

    assertThat(person.stop(simulator, args.toArray(new String[0]))).isEqualTo(2);
    assertThat(person.errText())
        .containsSubsequence(
            "Wave 2 of 2: 9 instances", "Not in a wave: 90", "About to stop 10 of 100 instances");
  }

  /** No input is available after Ctrl-D: only a read shows it. */
  @Test
  void endOfInputAtTheQuestion_isANo() {
    TestTerminal person = person();
    person.onError("Start wave 2", () -> person.type("\u0004"));

    assertThat(stopAll(person, "--wave=1,100%", "--confirm-waves")).isEqualTo(130);
    assertThat(simulator.calls()).isEqualTo(1);
    assertThat(person.errText())
        .containsSubsequence(
            "? [y/N] \n",
            "The next wave was not confirmed and is not started.",
            "Ended after",
            "Ended early: the next wave was not confirmed");
  }

  @Test
  void closedTerminalAtTheQuestion_isANo() {
    TestTerminal person =
        TestTerminal.of(simulator)
            .terminals(Stream.STDIN, Stream.STDERR)
            .input(
                new InputStream() {
                  @Override
                  public int read() throws IOException {
                    throw new IOException("Input/output error");
                  }

                  @Override
                  public int read(byte[] bytes, int offset, int length) throws IOException {
                    return read();
                  }
                });

    assertThat(stopAll(person, "--wave=1,100%", "--confirm-waves")).isEqualTo(130);
    assertThat(simulator.calls()).isEqualTo(1);
  }
}
