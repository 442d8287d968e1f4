package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run with a journal, and one that resumes it. */
class StopJournalTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(40).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;
  private String journal = "";

  @BeforeEach
  void nameTheJournal() {
    journal = directory.resolve("run.jsonl").toString();
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(TestTerminal terminal, List<String> ids, String... options) {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--no-wait", "--rate=500", "--journal", journal));
    args.addAll(Arrays.asList(options));
    args.addAll(ids);
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  @Test
  void resumedCompleteRun_sendsNothing() {
    assertThat(stop(terminal, simulator.ids())).isZero();
    long calls = simulator.calls();
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(stop(again, simulator.ids(), "--resume")).isZero();
    assertThat(simulator.calls()).isEqualTo(calls);
    assertThat(again.outLines()).isEmpty();
    assertThat(again.errText()).contains("Resumed run ", ": 40 done before\n");
  }

  @Test
  void resumeWithNewIds_stopsThemToo() {
    assertThat(stop(terminal, simulator.ids().subList(0, 10))).isZero();
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(stop(again, simulator.ids().subList(5, 20), "--resume")).isZero();
    assertThat(again.outLines()).hasSize(10);
    assertThat(simulator.ledger().effects()).isEqualTo(20);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
  }

  @Test
  void interruptedRun_printsResumeCommandAndResumes() {
    terminal.onLine(line -> terminal.interruptOnce());
    String[] slowly = args(simulator.ids(), "--rate=20", "--burst=1", "--no-wait");
    assertThat(terminal.stop(simulator, slowly)).isEqualTo(130);
    assertThat(terminal.errText())
        .contains("Interrupt again to end at once. Resume with: fleetstop stop --resume --endpoint")
        .contains("\nResume with: fleetstop stop --resume --endpoint ")
        .doesNotContain("--run-id");

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(stop(again, simulator.ids(), "--resume")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(40);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
  }

  /** Runs a stop of the first instance that ends without knowing its state. */
  private void leaveTheFirstIncomplete() {
    String first = simulator.ids().get(0);
    assertThat(terminal.stop(simulator, args(List.of(first), "--wait-timeout=50ms"))).isEqualTo(1);
    assertThat(terminal.outText()).contains(first + "  UNCONFIRMED");
  }

  @Test
  void incompleteInstance_isAddedToTheNamedOnes() {
    leaveTheFirstIncomplete();
    List<String> others = simulator.ids().subList(1, 3);
    TestTerminal again = TestTerminal.of(simulator);

    String[] words = args(others, "--resume", "--journal-only=1", "--output=jsonl");
    assertThat(again.stop(simulator, words)).isZero();
    assertThat(again.outJson())
        .extracting(line -> line.get("instanceId").asString())
        .containsExactlyInAnyOrderElementsOf(simulator.ids().subList(0, 3));
    assertThat(simulator.ledger().stopCalls(simulator.ids().get(0))).isEqualTo(1);
  }

  @Test
  void incompleteInstanceExcluded_unconfirmed() throws IOException {
    leaveTheFirstIncomplete();
    Path keep = Files.write(directory.resolve("keep"), simulator.ids().subList(0, 1));
    TestTerminal again = TestTerminal.of(simulator);
    String[] words =
        args(simulator.ids().subList(1, 2), "--resume", "--output=jsonl", "--exclude-file=" + keep);

    assertThat(again.stop(simulator, words)).isEqualTo(1);
    assertThat(again.outJson())
        .extracting(line -> line.get("outcome").asString())
        .containsExactly("UNCONFIRMED", "STOPPED");
    assertThat(again.outJson().get(0).get("message").asString())
        .isEqualTo("may have been called before; skipped now: excluded by " + keep);
    // It remains in the journal, for a later run that does not exclude it.
    TestTerminal last = TestTerminal.of(simulator);
    String[] included = args(simulator.ids().subList(1, 2), "--resume", "--journal-only=1");
    assertThat(last.stop(simulator, included)).isZero();
    assertThat(last.outText()).contains(simulator.ids().get(0) + "  STOPPED");
  }

  @Test
  void idsThatOnlyTheJournalNames_areListedAndConfirmed() {
    leaveTheFirstIncomplete();
    String unnamed = simulator.ids().get(0);
    long calls = simulator.ledger().stopCalls(unnamed);
    TestTerminal silent = TestTerminal.of(simulator);

    assertThat(silent.stop(simulator, "--journal=" + journal, "--resume", simulator.ids().get(1)))
        .isEqualTo(2);
    assertThat(silent.errText())
        .contains("The journal adds 1 instance that the command line does not select: " + unnamed)
        .contains("needs --yes");
    assertThat(simulator.ledger().stopCalls(unnamed)).isEqualTo(calls);
    assertThat(simulator.ledger().stopCalls(simulator.ids().get(1))).isZero();
  }

  @Tag("guarantee:journal-only")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                           | fleetstop: the journal adds 1 instance that the command line does
          --journal-only=0 | fleetstop: --journal-only is 0, which is not their number: the journal
          --journal-only=2 | fleetstop: --journal-only is 2, which is not their number: the journal
          """)
  void yesWithoutTheirNumber_stopsNothing(@Nullable String number, String message) {
    leaveTheFirstIncomplete();
    String first = simulator.ids().get(0);
    simulator.setState(first, "RUNNING");
    long calls = simulator.ledger().calls("StopInstance");
    List<String> options = new ArrayList<>(List.of("--resume"));
    Optional.ofNullable(number).ifPresent(options::add);
    String[] words = args(simulator.ids().subList(1, 3), options.toArray(new String[0]));
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(again.stop(simulator, words)).isEqualTo(2);
    assertThat(again.errText())
        .contains(message)
        .contains(
            "does not select: " + first + "; nothing more was stopped. If all of them are to be")
        .contains("add --journal-only 1");
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(calls);
  }

  @Test
  void instancesOfTheJournalThatAreStopped_needNoNumber() {
    leaveTheFirstIncomplete();
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(again.stop(simulator, args(simulator.ids().subList(1, 3), "--resume"))).isZero();
    assertThat(again.errText()).contains("The journal adds 1 instance that the command line does");
    assertThat(simulator.ledger().stopCalls(simulator.ids().get(0))).isEqualTo(1);
  }

  @Test
  void journalThatAddsNone_acceptsZeroAlone() {
    leaveTheFirstIncomplete();
    List<String> all = simulator.ids().subList(0, 2);
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(again.stop(simulator, args(all, "--resume", "--journal-only=1"))).isEqualTo(2);
    assertThat(again.errText()).contains("adds no instance; nothing more was stopped. Leave out");
    assertThat(again.stop(simulator, args(all, "--resume", "--journal-only=0"))).isZero();
  }

  @Test
  void quietQuestion_listsIdsOfTheJournal() {
    leaveTheFirstIncomplete();
    String[] ids = {simulator.ids().get(1), simulator.ids().get(2)};
    TestTerminal asked =
        TestTerminal.of(simulator).terminals(Stream.STDIN, Stream.STDERR).input("n\n");

    assertThat(asked.stop(simulator, "--quiet", "--journal=" + journal, "--resume", ids[0], ids[1]))
        .isEqualTo(2);
    assertThat(asked.errText())
        .contains("The journal adds 1 instance that the command line does not select: ")
        .contains("About to stop 3 instances");
    assertThat(simulator.ledger().stopCalls(ids[0])).isZero();
  }

  private String[] args(List<String> ids, String... options) {
    List<String> args = new ArrayList<>(List.of("--yes", "--journal=" + journal));
    args.addAll(Arrays.asList(options));
    args.addAll(ids);
    return args.toArray(new String[0]);
  }

  @Test
  void failedInstance_isNotRetriedAndStillCounted() {
    simulator.failAlways(simulator.ids().get(3), EcsErrors.INVALID_ARGUMENT);
    assertThat(stop(terminal, simulator.ids())).isEqualTo(1);
    long calls = simulator.calls();
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(stop(again, simulator.ids(), "--resume")).isEqualTo(1);
    assertThat(simulator.calls()).isEqualTo(calls);
    assertThat(again.errText()).contains(": 40 done before, 1 of them failed");
  }

  @Test
  void existingJournal_isRejectedWithoutResume() {
    assertThat(stop(terminal, simulator.ids().subList(0, 1))).isZero();
    assertThat(stop(terminal, simulator.ids())).isEqualTo(2);
    assertThat(terminal.errText()).contains("run.jsonl cannot be used: it exists: resume");
    assertThat(simulator.ledger().effects()).isEqualTo(1);
  }

  @Test
  void otherRunIdOrParameters_areRejected() {
    assertThat(stop(terminal, simulator.ids().subList(0, 1), "--run-id=night")).isZero();

    assertThat(stop(terminal, simulator.ids(), "--resume", "--run-id=day")).isEqualTo(2);
    assertThat(terminal.errText()).contains("it is of a run with run id night, this one has day");
    assertThat(stop(terminal, simulator.ids(), "--resume", "--force")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "it is of a run with force false, this one has true; resume it with the options of that");
    assertThat(stop(terminal, simulator.ids(), "--resume", "--run-id=night")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(40);
  }

  @Test
  void unconfirmedCommand_createsNoJournal() {
    assertThat(terminal.stop(simulator, "--journal", journal, "i-1", "i-2")).isEqualTo(2);
    assertThat(Path.of(journal)).doesNotExist();
  }

  @Tag("guarantee:full-disk")
  @Test
  void fullDisk_exitsWithFourAndCanBeResumed() throws IOException, InterruptedException {
    Path ids = Files.write(directory.resolve("ids.txt"), simulator.ids());
    ProcessBuilder builder =
        ChildProcess.stop(
            simulator, "--ids-file", ids.toString(), "--journal", journal, "--no-wait", "--yes");
    // No file may grow beyond 4 KiB.
    List<String> limited = new ArrayList<>(List.of("bash", "-c", "ulimit -f 4; exec \"$@\"", "-"));
    limited.addAll(builder.command());
    Path err = directory.resolve("err.txt");
    builder.command(limited).redirectError(err.toFile());
    // Its output is a pipe: the limit holds for every file.
    Process process = Child.start(builder, Duration.ofSeconds(50));
    List<String> lines;
    try (var reader = process.inputReader()) {
      lines = reader.lines().toList();
    }

    assertThat(process.waitFor()).isEqualTo(4);
    assertThat(Files.readString(err))
        .contains("Ended early: Client.JournalFailed: ", "cannot be written: File too large")
        .contains("If the journal is gone or damaged, run the command with another --journal:")
        .contains("Resume with: fleetstop stop --resume ");
    assertThat(lines.stream().filter(line -> line.contains("ACCEPTED")))
        .hasSize((int) simulator.ledger().effects())
        .hasSizeLessThan(40);
    assertThat(stop(terminal, simulator.ids(), "--resume")).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(40);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
  }
}
