package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.CloudSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Targets that list the same instances, by mistake or because one of their services lies. */
class SameInstancesTest {

  private static final String FIRST = "2100000001";
  private static final String SECOND = "2100000002";
  private static final String REGION = "cn-beijing";

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(2)
          .regions(List.of(REGION))
          .instances(2)
          .all(target -> target.stopDelay(Duration.ofMillis(20)))
          .target(FIRST, REGION, target -> target.instance("i-common", "RUNNING"))
          .target(SECOND, REGION, target -> target.instance("i-common", "RUNNING"))
          .startNow();
  private final TestTerminal terminal = new TestTerminal();

  @TempDir private Path directory;

  @BeforeEach
  void writeProfiles() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("config.json"),
            "{\"profiles\": {%s, %s, %s}}"
                .formatted(profile("a", FIRST), profile("again", FIRST), profile("b", SECOND)));
    terminal.env("VOLCENGINE_CLI_CONFIG_FILE", config.toString());
  }

  @AfterEach
  void dispose() {
    cloud.disposeLater().block(Duration.ofSeconds(10));
  }

  private String profile(String name, String account) {
    return "\"%s\": {\"mode\": \"ak\", \"access-key\": \"%s\", \"secret-key\": \"%s\"}"
        .formatted(name, cloud.accessKeyId(account), cloud.secretAccessKey());
  }

  private int stop(String... more) {
    return terminal.run(
        Stream.concat(
                Stream.of(
                    "stop",
                    "--endpoint=" + cloud.endpoint(),
                    "--region=" + REGION,
                    "--status=RUNNING",
                    "--yes",
                    "--max-instances=99"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private int effects(String account) {
    return (int) cloud.ledger(account, REGION).effects();
  }

  @Test
  void idsOfAnotherAccount_denyItNothing() {
    assertThat(stop("--profile=a", "--profile=b", "--output=jsonl"))
        .as(terminal.errText())
        .isZero();

    assertThat(effects(FIRST)).isEqualTo(3);
    assertThat(effects(SECOND)).isEqualTo(3);
    assertThat(terminal.outJson())
        .filteredOn(line -> line.get("instanceId").stringValue().equals("i-common"))
        .extracting(line -> line.get("account").stringValue())
        .containsExactlyInAnyOrder("a", "b");
    assertThat(terminal.errText())
        .contains("a/cn-beijing and b/cn-beijing list the same instances, and are different");
  }

  @Test
  void oneAccountByTwoNames_isStoppedOnce() {
    String[] targets = {"--profile=a", "--profile=again", "--profile=b"};
    assertThat(stop(targets)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "1 of 3 targets cannot be read, and nothing was stopped: again/cn-beijing: it has the"
                + " same instances as a/cn-beijing, because they are one account");

    assertThat(stop(targets[0], targets[1], targets[2], "--continue-on-target-error")).isEqualTo(1);
    assertThat(effects(FIRST)).isEqualTo(3);
    assertThat(cloud.ledger(FIRST, REGION).calls("StopInstance")).isEqualTo(3);
    assertThat(effects(SECOND)).isEqualTo(3);
  }

  @Test
  void accountsThatStsDoesNotShow_areNotCalledTwice() {
    assertThat(
            stop(
                "--profile=a",
                "--profile=b",
                "--sts-endpoint=http://127.0.0.1:1",
                "--continue-on-target-error"))
        .isEqualTo(1);
    assertThat(terminal.errText()).contains("STS does not show whether they are one account");
    assertThat(effects(FIRST)).isEqualTo(3);
    assertThat(cloud.ledger(SECOND, REGION).calls("StopInstance")).isZero();
  }
}
