package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manual in the README is what the commands say of themselves. */
class ManualTest {

  @ParameterizedTest
  @ValueSource(strings = {"stop", "list"})
  void theManualHoldsTheHelp(String command) throws IOException {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run(command, "--help")).isZero();
    assertThat(Files.readString(Path.of("README.md")))
        .contains("```text\n" + terminal.outText().stripTrailing() + "\n```\n");
  }
}
