package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.CloudSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fleetstop stop --resume} over several regions. */
class MultiTargetResumeTest {

  private static final String FIRST = "2100000001";
  private static final String NORTH = "cn-beijing";
  private static final String EAST = "cn-shanghai";

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(1)
          .regions(List.of(NORTH, EAST))
          .instances(4)
          .all(target -> target.stopDelay(Duration.ofMillis(50)))
          .startNow();
  private final TestTerminal terminal =
      new TestTerminal()
          .env("VOLCENGINE_ACCESS_KEY", cloud.accessKeyId(FIRST))
          .env("VOLCENGINE_SECRET_KEY", cloud.secretAccessKey());

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    cloud.disposeLater().block(Duration.ofSeconds(10));
  }

  private int stop(String... args) {
    List<String> words =
        new ArrayList<>(List.of("stop", "--endpoint", cloud.endpoint().toString()));
    words.addAll(List.of(args));
    return terminal.run(words.toArray(new String[0]));
  }

  private Path journal() {
    return directory.resolve("run.jsonl");
  }

  /** The options of a run and, after them, {@code --resume} and its own. */
  private String[] resumed(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--region",
                NORTH + "," + EAST,
                "--status",
                "RUNNING",
                "--yes",
                "--max-instances",
                "99",
                "--max-failures",
                "99",
                "--journal",
                journal().toString(),
                "--resume"));
    words.addAll(List.of(more));
    return words.toArray(new String[0]);
  }

  @Test
  void journal_isResumedInEveryTargetAndShown() {
    cloud.failAlways(FIRST, EAST, "StopInstance", GatewayErrors.ACCESS_DENIED);
    String[] args = resumed("--journal-only", "0");
    assertThat(stop(Arrays.copyOf(args, args.length - 3))).isEqualTo(1);
    cloud.clearFaults(FIRST, EAST, "StopInstance");

    assertThat(terminal.run("show", journal().toString(), "--output", "jsonl")).isEqualTo(1);
    assertThat(terminal.outText()).contains("\"region\":\"cn-shanghai\",\"account\":\"default\"");
    assertThat(
            stop(
                "--region",
                NORTH,
                "--yes",
                "--journal",
                journal().toString(),
                "--resume",
                "--journal-only",
                "0",
                cloud.ids(FIRST, NORTH).get(0)))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("several targets");
    assertThat(stop(args)).as(terminal.errText()).isZero();
    assertThat(cloud.ledger(FIRST, NORTH).effects()).isEqualTo(4);
    assertThat(cloud.ledger(FIRST, EAST).effects()).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("4 done before")
        .doesNotContain("default/cn-beijing: 0 instances, 4 stopped");
  }

  @Test
  void recordedTargetThatCannotBeRead_isLeftForTheNextResume() {
    cloud.failAlways(FIRST, EAST, "StopInstance", GatewayErrors.ACCESS_DENIED);
    String[] args = resumed("--continue-on-target-error");
    assertThat(stop(Arrays.copyOf(args, args.length - 2))).isEqualTo(1);
    cloud.failAlways(FIRST, EAST, "DescribeInstances", GatewayErrors.ACCESS_DENIED);

    assertThat(stop(args)).as(terminal.errText()).isEqualTo(1);
    assertThat(terminal.errText()).contains("default/cn-shanghai: not read:");

    cloud.clearFaults(FIRST, EAST, "StopInstance");
    cloud.clearFaults(FIRST, EAST, "DescribeInstances");
    assertThat(stop(args)).as(terminal.errText()).isZero();
    assertThat(cloud.ledger(FIRST, NORTH).effects()).isEqualTo(4);
    assertThat(cloud.ledger(FIRST, EAST).effects()).isEqualTo(4);
  }
}
