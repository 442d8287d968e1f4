package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The commands of the system that a terminal asks. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class SystemTerminalTest {

  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofSeconds(20);

  @Test
  void commandThatHangs_isEndedAndCountsAsAFailure() {
    assertTimeoutPreemptively(
        LONG,
        () -> {
          assertThat(SystemTerminal.succeeds(new ProcessBuilder("sleep", "60"), SHORT)).isFalse();
          assertThat(SystemTerminal.columns(new ProcessBuilder("sleep", "60"), SHORT))
              .isEqualTo(80);
        });
  }

  @Test
  void commandThatEnds_isUsed() {
    assertThat(SystemTerminal.succeeds(new ProcessBuilder("true"), LONG)).isTrue();
    assertThat(SystemTerminal.succeeds(new ProcessBuilder("false"), LONG)).isFalse();
    assertThat(SystemTerminal.columns(new ProcessBuilder("echo", "30 120"), LONG)).isEqualTo(120);
    assertThat(SystemTerminal.columns(new ProcessBuilder("echo", "no terminal"), LONG))
        .isEqualTo(80);
    assertThat(SystemTerminal.columns(new ProcessBuilder("/no/such/command"), LONG)).isEqualTo(80);
  }
}
