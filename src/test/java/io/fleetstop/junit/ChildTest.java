package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Child processes that do not end by themselves. */
@DisabledOnOs(OS.WINDOWS)
class ChildTest {

  private static final Duration LIMIT = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static ProcessBuilder shell(String script) {
    return new ProcessBuilder("sh", "-c", script);
  }

  @Test
  void childThatEnds_tellsHowAndWhat() throws Exception {
    Child.End end = Child.run(shell("cat; echo out; echo err >&2; exit 7"), PATIENCE);

    assertThat(end).isEqualTo(new Child.End(7, "out\n", "err\n"));
  }

  @Test
  void childThatDoesNotEnd_failsWithWhatItPrinted() {
    assertThatThrownBy(
            () -> Child.run(shell("echo so far; sleep 60 & wait"), PATIENCE.dividedBy(20)))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("sh has not ended within PT1S:")
        .hasMessageContaining("so far");
  }

  @Test
  void outputOfAKilledChild_ends() throws Exception {
    Process child = Child.start(shell("sleep 60 & wait"), LIMIT);

    assertThat(child.getInputStream().read()).isEqualTo(-1);
  }
}
