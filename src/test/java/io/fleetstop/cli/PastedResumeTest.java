package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.CloudSimulator;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The printed command that resumes a run, as it stands, for each way to select instances. */
class PastedResumeTest {

  private static final String ACCOUNT = "2100000001";
  private static final String NORTH = "cn-beijing";
  private static final String EAST = "cn-shanghai";
  private static final Pattern PRINTED = Pattern.compile("\nResume with: fleetstop (.*)\n");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\\S+");

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(1)
          .regions(List.of(NORTH, EAST))
          .instances(8)
          .all(target -> target.stopDelay(Duration.ofMinutes(5)))
          .startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    cloud.disposeLater().block(Duration.ofSeconds(10));
  }

  private TestTerminal terminal() {
    return new TestTerminal()
        .env("VOLCENGINE_ACCESS_KEY", cloud.accessKeyId(ACCOUNT))
        .env("VOLCENGINE_SECRET_KEY", cloud.secretAccessKey())
        .env("VOLCENGINE_ENDPOINT", cloud.endpoint().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--region=cn-beijing --status=RUNNING --max-instances=8",
        "--region=cn-beijing --status=RUNNING --max-instances=8 --no-protect-tag",
        "--region=cn-beijing --status=RUNNING --max-instances=8 --min-instances=8",
        "--region=cn-beijing --status=RUNNING --max-instances=8 --only-running",
        "--region=cn-beijing --status=RUNNING --tag=env --max-instances=8",
        "--region=cn-beijing --ids-file=IDS",
        "--region=cn-beijing,cn-shanghai --status=RUNNING --max-instances=16",
        "--targets=TARGETS --status=RUNNING --max-instances=16",
      })
  void printedCommand_resumesTheRun(String selection) throws IOException {
    TestTerminal first = terminal();
    first.onLine(line -> first.interruptOnce());
    List<String> words = new ArrayList<>(List.of("stop", "--yes"));
    for (String word : selection.split(" ", -1)) {
      words.add(word.replace("IDS", ids()).replace("TARGETS", targets()));
    }
    words.addAll(
        List.of(
            "--journal=" + directory.resolve("the run.jsonl"),
            "--report=" + directory.resolve("run.html"),
            "--log-file=" + directory.resolve("run.log"),
            "--rate=100",
            "--wait-timeout=50ms"));
    assertThat(first.run(words.toArray(new String[0]))).as(first.errText()).isEqualTo(130);

    Matcher printed = PRINTED.matcher(first.errText());
    assertThat(printed.find()).as(first.errText()).isTrue();
    TestTerminal pasted = terminal();
    // Each instance is left in STOPPING.
    assertThat(pasted.run(words(printed.group(1)))).as(pasted.errText()).isEqualTo(1);

    assertThat(effects()).isEqualTo(selection.matches(".*(,|TARGETS).*") ? 16 : 8);
    assertThat(pasted.outText()).contains("UNCONFIRMED").doesNotContain("FAILED");
  }

  /** Their outcomes would be recorded as those of instances that do not exist. */
  @Test
  void journalOfAnotherAccount_isNotContinuedByAFilter() {
    EcsSimulator other = EcsSimulator.builder().instance("i-other", "RUNNING").startNow();
    TestTerminal first = terminal();
    Path journal = directory.resolve("run.jsonl");
    String[] words = {
      "stop",
      "--region=cn-beijing",
      "--status=RUNNING",
      "--max-instances=8",
      "--yes",
      "--journal=" + journal,
      "--rate=100",
      "--wait-timeout=50ms"
    };
    assertThat(first.run(words)).isEqualTo(1);
    List<String> resumed = new ArrayList<>(List.of(words));
    resumed.add("--resume");
    TestTerminal elsewhere =
        TestTerminal.of(other).env("VOLCENGINE_ENDPOINT", other.endpoint().toString());

    assertThat(elsewhere.run(resumed.toArray(new String[0]))).isEqualTo(2);

    assertThat(elsewhere.errText())
        .contains("none of the unfinished instances of the journal exists in this account")
        .contains("nothing more was stopped. Give the --region", "add --journal-only 8");
    assertThat(other.ledger().calls("StopInstance")).isZero();
    other.dispose();
  }

  private long effects() {
    return cloud.ledger(ACCOUNT, NORTH).effects() + cloud.ledger(ACCOUNT, EAST).effects();
  }

  private String ids() throws IOException {
    return Files.write(directory.resolve("ids"), cloud.ids(ACCOUNT, NORTH)).toString();
  }

  private String targets() throws IOException {
    return Files.writeString(
            directory.resolve("targets.json"),
            "[{\"name\": \"own\", \"credentials\": \"default\", \"regions\": [\"all\"]}]")
        .toString();
  }

  private static String[] words(String command) {
    return WORD.matcher(command)
        .results()
        .map(word -> word.group(1) == null ? word.group() : word.group(1))
        .toArray(String[]::new);
  }
}
