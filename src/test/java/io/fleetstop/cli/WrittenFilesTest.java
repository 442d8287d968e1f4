package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two files of a command that are one. */
class WrittenFilesTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "stop --simulate=2, --report, --log-file",
    "stop --simulate=2, --journal, --log-file",
    "stop --simulate=2, --journal, --report",
    "start, --journal, --log-file",
    "start, --journal, --start-journal",
    "start --journal=other, --start-journal, --report",
  })
  void sameFile_isRefusedBeforeItIsCreated(String command, String one, String other) {
    Path file = directory.resolve("file");
    Path same = directory.resolve(".").resolve("file");
    TestTerminal terminal = new TestTerminal();
    String line = command + " " + one + "=" + file + " " + other + "=" + same;

    assertThat(terminal.run(line.split(" ", -1))).isEqualTo(2);

    assertThat(terminal.errText())
        .contains(one, other, " name the same file; name two files")
        .doesNotContain("exists");
    assertThat(file).doesNotExist();
  }

  @Test
  void streamThatIsRedirectedToAFile_isRefused() throws IOException {
    Path journal = Files.createFile(directory.resolve("run.jsonl"));
    Path stdout = Files.createSymbolicLink(directory.resolve("fd"), journal);

    assertThatThrownBy(
            () ->
                WrittenFiles.requireDistinct(
                    Map.of("--journal", journal), Map.of("stdout", stdout)))
        .hasMessage(
            "stdout is redirected to the file of --journal, and would damage it; redirect it to"
                + " another file");
  }

  @Test
  void otherFilesAndDevices_areAccepted() {
    Path none = Path.of("/dev/null");
    assumeTrue(Files.exists(none));

    WrittenFiles.requireDistinct(
        Map.of("--journal", directory.resolve("a"), "--report", directory.resolve("b")),
        Map.of("stdout", none, "stderr", directory.resolve("none")));
  }
}
