package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file of a run where another is expected. */
class WrongFileTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  /** Stops all but the first instance, and returns what was printed as a file. */
  private Path outcomes(String format) throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), simulator.ids().get(0) + "\n");
    TestTerminal first = TestTerminal.of(simulator);
    assertThat(
            first.stop(
                simulator,
                "--yes",
                "--no-wait",
                "--exclude-file=" + keep,
                "--output=" + format,
                "--journal=" + journal(),
                simulator.ids().get(0),
                simulator.ids().get(1)))
        .isZero();
    return Files.writeString(directory.resolve("out"), first.outText());
  }

  private Path journal() {
    return directory.resolve("night.jsonl");
  }

  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "csv"})
  void outcomesOfARun_doNotSelectWhatItSkipped(String format) throws IOException {
    Path out = outcomes(format);

    assertThat(terminal.stop(simulator, "--yes", "--ids-file=" + out)).isEqualTo(2);

    assertThat(terminal.errText())
        .contains("out, line ", "the run that wrote this list SKIPPED the instance");
    assertThat(simulator.status(simulator.ids().get(0))).isEqualTo("RUNNING");
  }

  @Test
  void idsOfARun_areWhatItStopped() throws IOException {
    assertThat(terminal.stop(simulator, "--yes", "--ids-file=" + outcomes("ids"))).isZero();
    assertThat(simulator.status(simulator.ids().get(0))).isEqualTo("RUNNING");
  }

  @Test
  void journal_isNoListOfIdsToStop() throws IOException {
    outcomes("ids");

    assertThat(terminal.stop(simulator, "--yes", "--ids-file=" + journal())).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("night.jsonl, line 1: this is the journal of a run: to resume it, write")
        .contains("--journal FILE --resume");

    TestTerminal listing = TestTerminal.of(simulator);
    assertThat(listing.list(simulator, "--ids-file=" + journal(), "--output=ids")).isZero();
    assertThat(listing.outLines()).contains(simulator.ids().get(1));
  }

  @Test
  void journalAfterResume_isTheJournalOption() throws IOException {
    outcomes("ids");

    assertThat(terminal.stop(simulator, "--resume", journal().toString())).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("is not an instance id", "to resume the run of a journal, write --journal FILE");
  }

  @Test
  void fileThatIsNoJournal_isNotProposedForResume() throws IOException {
    Path list = Files.writeString(directory.resolve("list.csv"), "instanceId\ni-1\n");

    assertThat(terminal.stop(simulator, "--yes", "--journal=" + list, simulator.ids().get(0)))
        .isEqualTo(2);
    assertThat(terminal.errText())
        .contains("it exists and is not a journal of fleetstop: name another file");
    assertThat(list).hasContent("instanceId\ni-1");
  }
}
