package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.samples.GeneratedBlock;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line page contains the help of each command. */
class ManualTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stop",
        "start",
        "show",
        "status",
        "pause",
        "resume",
        "drain",
        "list",
        "wait",
        "whoami",
        "simulate",
        "codes",
        "completion",
        "help"
      })
  void manual_containsTheHelp(String command) throws IOException {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run(command, command.equals("stop") ? "--help-all" : "--help")).isZero();
    GeneratedBlock.requireUpToDate(
        "command-line.md", command, "```text\n" + terminal.outText().stripTrailing() + "\n```");
  }
}
