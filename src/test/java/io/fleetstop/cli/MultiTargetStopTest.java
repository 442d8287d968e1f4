package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.CloudSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code fleetstop stop} over several accounts and regions. */
class MultiTargetStopTest {

  private static final String FIRST = "2100000001";
  private static final String SECOND = "2100000002";
  private static final String NORTH = "cn-beijing";
  private static final String EAST = "cn-shanghai";

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(2)
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

  private String role(String account) {
    return cloud.roleTrn(account);
  }

  private String id(String account, String region, int number) {
    return cloud.ids(account, region).get(number);
  }

  private String profile(String name, String account, String region) {
    return "\"%s\": {\"mode\": \"ak\", \"access-key\": \"%s\", \"secret-key\": \"%s\"%s}"
        .formatted(
            name,
            cloud.accessKeyId(account),
            cloud.secretAccessKey(),
            region.isEmpty() ? "" : ", \"region\": \"" + region + "\"");
  }

  @Test
  void profiles_areInTheirOwnRegionsWhateverTheVariable() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("config.json"),
            "{\"profiles\": {"
                + profile("east", FIRST, EAST)
                + ", "
                + profile("none", SECOND, "")
                + "}}");
    terminal.env("VOLCENGINE_CLI_CONFIG_FILE", config.toString()).env("VOLCENGINE_REGION", NORTH);

    assertThat(stop("--profile=east", "--profile=none", "--status=RUNNING", "--plan"))
        .as(terminal.errText())
        .isZero();

    assertThat(terminal.outText()).contains("  east/cn-shanghai  ", "  none/cn-beijing   ");
  }

  @Test
  void columnsOfThePlan_areAlignedWhateverTheName() throws IOException {
    Path targets =
        Files.writeString(
            directory.resolve("targets.json"),
            "[{\"name\": \"\u6d4b\u8bd5\", \"credentials\": \"default\", \"regions\": [\""
                + NORTH
                + "\", \""
                + EAST
                + "\"]}]");

    assertThat(stop("--targets=" + targets, "--status=RUNNING", "--plan"))
        .as(terminal.errText())
        .isZero();

    assertThat(terminal.outText())
        .contains(
            "  TARGET            INSTANCES",
            "  \u6d4b\u8bd5/cn-beijing           4",
            "  \u6d4b\u8bd5/cn-shanghai          4");
  }

  @Test
  void instancesBeyondTheLastWave_areNamedAtTheEnd() {
    assertThat(
            stop(
                "--region=" + NORTH + "," + EAST,
                "--status=RUNNING",
                "--max-instances=8",
                "--yes",
                "--no-wait",
                "--wave=3"))
        .as(terminal.errText())
        .isZero();

    assertThat(terminal.errText())
        .contains("5 instances are beyond the last size of --wave and not stopped. To stop them");
  }

  @Test
  void runDeadline_isNamedAsTheReason() {
    assertThat(
            stop(
                "--region=" + NORTH + "," + EAST,
                "--status=RUNNING",
                "--max-instances=8",
                "--yes",
                "--no-wait",
                "--rate=1",
                "--run-deadline=300ms"))
        .isEqualTo(1);

    assertThat(terminal.errText())
        .contains("skipped because the run ended", "Ended early: the --run-deadline passed")
        .contains("Resume with: fleetstop stop --run-id ");
  }

  @Test
  void regionsAndRoles_areOneRunWithOneReportOfEachTarget() throws IOException {
    Path report = directory.resolve("report.html");

    int exit =
        stop(
            "--role-trn",
            role(FIRST),
            "--role-trn",
            role(SECOND),
            "--region",
            NORTH + "," + EAST,
            "--status",
            "RUNNING",
            "--yes",
            "--max-instances",
            "16",
            "--output",
            "jsonl",
            "--report",
            report.toString());

    assertThat(terminal.errText())
        .as(terminal.errText())
        .contains("2100000002/cn-shanghai: 4 instances");
    assertThat(exit).isZero();
    List<JsonNode> outcomes =
        terminal.outText().lines().map(line -> new JsonMapper().readTree(line)).toList();
    assertThat(outcomes)
        .hasSize(16)
        .allSatisfy(
            outcome ->
                assertThat(
                        cloud.ids(
                            outcome.get("account").stringValue(),
                            outcome.get("region").stringValue()))
                    .contains(outcome.get("instanceId").stringValue()));
    for (String account : cloud.accounts()) {
      for (String region : cloud.regions()) {
        assertThat(cloud.ledger(account, region).effects()).isEqualTo(4);
      }
    }
    assertThat(Files.readString(report)).contains("2100000001/cn-beijing, 2100000001/cn-shanghai");
  }

  @Test
  void allRegions_areThoseOfDescribeRegions() {
    assertThat(stop("--region", "all", "--tag", "env=dev", "--plan")).isZero();

    assertThat(terminal.outText())
        .contains("About to stop", "default/cn-beijing", "default/cn-shanghai", FIRST + ", as");
    assertThat(cloud.ledger(FIRST, NORTH).calls("StopInstance")).isZero();
  }

  @Test
  void planAsJson_hasEachTarget() {
    stop(
        "--region",
        NORTH,
        "--region",
        EAST,
        "--status",
        "RUNNING",
        "--plan",
        "--output",
        "jsonl",
        "--wave",
        "1,100%");

    JsonNode plan = new JsonMapper().readTree(terminal.outText());
    assertThat(plan.get("instances").intValue()).isEqualTo(8);
    assertThat(plan.get("targets").get(1).get("region").stringValue()).isEqualTo(EAST);
    assertThat(plan.get("targets").get(1).get("instances").intValue()).isEqualTo(4);
    assertThat(plan.get("waves").toString()).isEqualTo("[1,8]");
  }

  @Test
  void question_listsEveryTargetAndTakesTheWholeNumber() {
    terminal.terminals(Stream.STDIN, Stream.STDERR);
    terminal.input("no\n");

    assertThat(stop("--region", NORTH + "," + EAST, "--status", "RUNNING")).isEqualTo(2);

    assertThat(terminal.errText())
        .contains(
            "About to stop 8 instances in 2 targets:",
            "default/cn-beijing           4        0  4 RUNNING",
            "Continue? [y/N]");
    assertThat(cloud.ledger(FIRST, EAST).calls("StopInstance")).isZero();
  }

  @Test
  void idsByHand_nameTheirTarget() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("ids"), "# night\ndefault/" + EAST + "/" + id(FIRST, EAST, 1) + "\n");

    int exit =
        stop(
            "--region",
            NORTH + "," + EAST,
            "--yes",
            "--ids-file",
            file.toString(),
            NORTH + "/" + id(FIRST, NORTH, 0));

    assertThat(exit).as(terminal.errText()).isZero();
    assertThat(cloud.status(FIRST, NORTH, id(FIRST, NORTH, 0))).isEqualTo("STOPPED");
    assertThat(cloud.status(FIRST, EAST, id(FIRST, EAST, 1))).isEqualTo("STOPPED");
    assertThat(cloud.ledger(FIRST, EAST).effects()).isEqualTo(1);
    assertThat(terminal.outText())
        .containsPattern("default/cn-beijing/" + id(FIRST, NORTH, 0) + " +STOPPED");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "i-sim1|an id must be region/id",
        "cn-x/i-sim1|is in none of the targets",
        "cn-beijing/i sim|\"i sim\" is not an instance id, which starts with i-",
        "cn-beijing/web|\"web\" is not an instance id, which starts with i-",
        "cn-beijing/i-a+b|which holds letters, digits, '-' and '_' only",
        "help|is not an instance id, which starts with i-; for the help, write fleetstop help",
      })
  void malformedIds_areRefused(String id, String reason) {
    assertThat(stop("--region", NORTH + "," + EAST, "--yes", id)).isEqualTo(2);

    assertThat(terminal.errText()).contains(reason);
    assertThat(cloud.ledger(FIRST, NORTH).calls()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cn-beijing/web|ids, line 2: \"web\" is not an instance id, which starts with i-",
        "i-a|ids, line 2: an id must be region/id",
        "!incomplete|ids, line 2: the list is incomplete",
      })
  void malformedLines_areRefused(String line, String reason) throws IOException {
    Path file = Files.writeString(directory.resolve("ids"), "# night\r\n" + line + "\r\n");

    assertThat(stop("--region", NORTH + "," + EAST, "--yes", "--ids-file", file.toString()))
        .isEqualTo(2);

    assertThat(terminal.errText()).contains(reason);
    assertThat(cloud.ledger(FIRST, NORTH).calls()).isZero();
  }

  @Test
  void unusableFiles_areRefused() throws IOException {
    Path json = Files.writeString(directory.resolve("ids.json"), "[\"i-a\"]");

    for (Path file : List.of(json, directory.resolve("missing"))) {
      assertThat(stop("--region", NORTH + "," + EAST, "--yes", "--ids-file", file.toString()))
          .isEqualTo(2);
    }

    assertThat(terminal.errText())
        .contains("ids.json is JSON, which has no targets", "there is no file");
  }

  @Test
  void unreadableTarget_stopsNothingUnlessTheOthersMayContinue() {
    String[] args = {
      "--region",
      NORTH + ",cn-guangzhou",
      "--status",
      "RUNNING",
      "--yes",
      "--max-instances",
      "99",
      "--continue-on-target-error"
    };

    assertThat(stop(Arrays.copyOf(args, args.length - 1))).isEqualTo(4);
    assertThat(terminal.errText())
        .contains(
            "1 of 2 targets cannot be read, and nothing was stopped: default/cn-guangzhou",
            "AccessDenied",
            "--continue-on-target-error");
    assertThat(cloud.ledger(FIRST, NORTH).calls("StopInstance")).isZero();

    assertThat(stop(args)).isEqualTo(1);
    assertThat(cloud.ledger(FIRST, NORTH).effects()).isEqualTo(4);
    assertThat(terminal.errText()).contains("default/cn-guangzhou: not read:");
  }

  @Test
  void limitPerTarget_endsThatTarget() {
    cloud.failAlways(FIRST, NORTH, "StopInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);

    int exit =
        stop(
            "--region",
            NORTH + "," + EAST,
            "--status",
            "RUNNING",
            "--yes",
            "--max-instances",
            "99",
            "--max-failures-per-target",
            "1",
            "--max-failures",
            "99",
            "--max-in-flight",
            "2");

    assertThat(exit).isEqualTo(3);
    assertThat(cloud.ledger(FIRST, EAST).effects()).isEqualTo(4);
    assertThat(terminal.errText()).contains("default/cn-beijing: 4 instances", "ended early");
  }

  @Test
  void background_leavesTheTerminalAlone() {
    terminal.background().type("drain\n");

    int exit =
        stop(
            "--region",
            NORTH + "," + EAST,
            "--status",
            "RUNNING",
            "--yes",
            "--interactive",
            "--max-instances",
            "99");

    assertThat(exit).isZero();
    assertThat(terminal.errText()).contains("--interactive has no effect in the background");
    assertThat(terminal.unread()).isEqualTo("drain\n");
  }

  @Test
  void wavesByTarget_goTargetByTarget() {
    int exit =
        stop(
            "--region",
            NORTH + "," + EAST,
            "--status",
            "RUNNING",
            "--yes",
            "--max-instances",
            "99",
            "--wave-by",
            "target",
            "--output",
            "jsonl");

    assertThat(exit).as(terminal.errText()).isZero();
    assertThat(terminal.outText().lines().map(line -> new JsonMapper().readTree(line)).toList())
        .extracting(outcome -> outcome.get("region").stringValue())
        .containsExactly(NORTH, NORTH, NORTH, NORTH, EAST, EAST, EAST, EAST);
    assertThat(terminal.errText()).contains("Wave 2 of 2: 4 instances, 8 of 8 in all");
  }

  @Test
  void lastWaveThatIsWritten_endsTheRun() {
    int exit =
        stop(
            "--region",
            NORTH + "," + EAST,
            "--status",
            "RUNNING",
            "--yes",
            "--max-instances",
            "99",
            "--wave",
            "25%");

    assertThat(exit).as(terminal.errText()).isZero();
    assertThat(cloud.ledger(FIRST, NORTH).effects()).isEqualTo(1);
    assertThat(cloud.ledger(FIRST, EAST).effects()).isEqualTo(1);
  }

  @Test
  void accountWithTwoNames_isRefused() throws IOException {
    Path file = directory.resolve("targets.json");
    String entry =
        "{\"name\": \"%s\", \"roleTrn\": \""
            + role(FIRST)
            + "\", \"regions\": [\""
            + NORTH
            + "\"]}";
    Files.writeString(
        file, "[" + String.format(entry, "a") + "," + String.format(entry, "b") + "]");

    assertThat(stop("--targets=" + file, "--status=RUNNING", "--plan")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "b/cn-beijing: it has the same instances as a/cn-beijing", "Name the account once");
  }

  /** The variables of the environment are no way out of a profile. */
  @Test
  void profileWithHalfAKey_isToBeCorrected() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("config.json"),
            "{\"profiles\": {\"half\": {\"mode\": \"ak\", \"access-key\": \"AKLTx\"}}}");
    terminal.env("VOLCENGINE_CLI_CONFIG_FILE", config.toString());

    assertThat(stop("--profile=half", "--region=" + NORTH, "--status=RUNNING", "--plan"))
        .isEqualTo(4);

    assertThat(terminal.errText())
        .contains("secret-key is missing; correct the profile, or name another --profile")
        .doesNotContain("set VOLCENGINE_ACCESS_KEY");
  }

  @Test
  void targetsFile_namesAccountsAndRegions() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("targets.json"),
            "[{\"name\": \"dev\", \"roleTrn\": \"%s\", \"regions\": [\"cn-beijing\"]},"
                    .formatted(role(SECOND))
                + "{\"name\": \"own\", \"credentials\": \"default\", \"regions\": [\"all\"]}]");

    assertThat(stop("--targets", file.toString(), "--status", "RUNNING", "--plan")).isZero();

    assertThat(terminal.outText())
        .contains("12 instances in 3 targets", "dev/cn-beijing", SECOND, "own/cn-shanghai");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|must be a JSON array",
        "[{'profile': 1}]|must have a text as profile",
        "[{'region': 'x'}]|has the field \"region\"",
        "[{'roleTrn': 'trn:iam::1:role/x'}]|has no name",
        "[{'name': 'prod', 'roleTrn': 'x'}]|must have trn:iam::<account>:role/<name> as roleTrn",
        "[{'name': '2100000002', 'roleTrn': 'trn:iam::2100000001:role/x'}]|of the account 2100000001",
        "[{'name': 'prod', 'regions': ['cn-beijing']}]|does not say whose credentials to use; add",
        "[{'name': 'a', 'credentials': 'prod'}]|must have \"default\" as credentials",
        "[{'profile': 'a', 'credentials': 'default'}]|has both profile and credentials",
        "[{'name': 'a', 'credentials': 'default', 'regions': 'x'}]|must have regions as an array",
        "[|is not JSON",
        "[{'name': 'dev', 'profile': 'dev', 'profile': 'prod'}]|is not JSON with distinct names",
      })
  void malformedTargetsFile_isRefused(String json, String reason) throws IOException {
    Path file = Files.writeString(directory.resolve("targets"), json.replace('\'', '"'));

    assertThat(stop("--targets", file.toString(), "--status", "RUNNING", "--plan")).isEqualTo(2);

    assertThat(terminal.errText()).contains("--targets: ", reason);
  }

  @Test
  void accountWithoutARegion_isAnErrorThatNamesTheField() throws IOException {
    String entry = "[{\"name\": \"own\", \"credentials\": \"default\"}]";
    Path file = Files.writeString(directory.resolve("targets"), entry);

    assertThat(stop("--targets", file.toString(), "--status", "RUNNING", "--plan")).isEqualTo(4);

    assertThat(terminal.errText())
        .contains("add \"regions\": [\"cn-beijing\"]", "to the entry \"own\" of " + file)
        .doesNotContain("--region");
  }

  /** A file of keys may be named by mistake. */
  @Test
  void contentOfAFileThatIsNoTargetsFile_isNotShown() throws IOException {
    Path file = Files.writeString(directory.resolve("keys"), "AKLTsecret0123456789");
    assertThat(stop("--targets", file.toString(), "--status", "RUNNING", "--plan")).isEqualTo(2);
    assertThat(terminal.errText()).contains("line 1").doesNotContain("AKLTsecret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/zero", "/dev/null", "/"})
  void deviceAsATargetsFile_isRefusedAtOnce(String file) {
    assumeTrue(Files.exists(Path.of(file)));
    assertThat(stop("--targets", file, "--status", "RUNNING", "--plan")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--targets: " + file + ": cannot be read: it is");
  }

  @Test
  void lineOfIdsWithoutAnEnd_isRefused() {
    assumeTrue(Files.exists(Path.of("/dev/zero")));
    assertThat(stop("--region", NORTH + "," + EAST, "--yes", "--ids-file=/dev/zero")).isEqualTo(2);
    assertThat(terminal.errText()).contains("must have at most 65536 characters");
  }

  @Test
  void optionsOfSeveralTargets_needSeveral() {
    assertThat(stop("--region", NORTH, "--wave-by", "target", "i-1")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--wave-by target needs several targets");
    assertThat(terminal.run("list", "--region", "cn-a,cn-b")).isEqualTo(2);
    assertThat(terminal.errText()).contains("only stop and start take several");
    assertThat(stop("--role-trn", "x", "--role-trn", "y", "--region", NORTH, "cn-beijing/i-1"))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("--role-trn must be trn:iam::<account>:role/<name>");
  }
}
