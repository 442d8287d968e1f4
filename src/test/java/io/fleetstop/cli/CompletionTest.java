package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The completion script, run by a real shell. */
class CompletionTest {

  @TempDir Path directory;
  private final TestTerminal terminal = new TestTerminal();
  private Path script = Path.of("none");

  @BeforeEach
  void printTheScript() throws IOException {
    assertThat(terminal.run("completion")).isZero();
    script = Files.writeString(directory.resolve("completion"), terminal.outText());
  }

  /** Returns the completions that bash offers for the last of {@code words}. */
  private List<String> offered(String words) throws Exception {
    String type =
        """
        compopt() { :; } # it is known only while a shell completes
        source "$1"
        COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        complete -p fleetstop | grep -q -- '-F _complete_fleetstop' || exit 9
        _complete_fleetstop
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(words);
    Process bash =
        new ProcessBuilder("bash", "-c", type, "bash", script.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(bash.exitValue()).as(output).isZero();
    return output.lines().map(String::strip).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "fleetstop st, stop",
    "fleetstop comp, completion",
    "fleetstop stop --stopped-m, --stopped-mode",
    "fleetstop stop --resu, --resume",
    "fleetstop list --out, --output",
    "fleetstop stop --stopped-mode Keep, KeepCharging",
    "fleetstop stop --output js, jsonl",
    "fleetstop list --output i, ids",
    "fleetstop codes --output te, text"
  })
  void bash_completesCommandsOptionsAndValues(String words, String expected) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no bash here");
    assertThat(offered(words)).containsExactly(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--ids-file", "--exclude-file", "--journal", "--report"})
  void bash_completesFileNames(String option) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no bash here");
    Path file = Files.createFile(directory.resolve("night.txt"));
    assertThat(offered("fleetstop stop " + option + " " + directory.resolve("nig")))
        .containsExactly(file.toString());
  }

  @Test
  void zsh_isSupported() {
    assertThat(terminal.outText()).contains("bashcompinit");
  }
}
