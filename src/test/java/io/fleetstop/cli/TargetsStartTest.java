package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.CloudSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code fleetstop start} of a stop over several accounts and regions. */
@Tag("long")
class TargetsStartTest {

  private static final String FIRST = "2100000001";
  private static final String SECOND = "2100000002";
  private static final String NORTH = "cn-beijing";
  private static final String EAST = "cn-shanghai";

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(2)
          .regions(List.of(NORTH, EAST))
          .instances(3)
          .all(target -> target.stopDelay(Duration.ofMillis(10)).startDelay(Duration.ofMillis(10)))
          .startNow();
  private final TestTerminal terminal = terminal();

  @TempDir private Path directory;

  private TestTerminal terminal() {
    return new TestTerminal()
        .env("VOLCENGINE_ACCESS_KEY", cloud.accessKeyId(FIRST))
        .env("VOLCENGINE_SECRET_KEY", cloud.secretAccessKey());
  }

  @AfterEach
  void dispose() {
    cloud.disposeLater().block(Duration.ofSeconds(10));
  }

  private int run(TestTerminal on, String command, String journal, String... args) {
    List<String> words =
        new ArrayList<>(
            List.of(
                command, "--endpoint", cloud.endpoint().toString(), "--journal", file(journal)));
    words.addAll(List.of(args));
    return on.run(words.toArray(new String[0]));
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private void stopOwn(String journal) {
    assertThat(
            run(
                terminal(),
                "stop",
                journal,
                "--region=" + NORTH + "," + EAST,
                "--status=RUNNING",
                "--yes",
                "--max-instances=6"))
        .isZero();
  }

  private int start(TestTerminal on, String... args) {
    return run(on, "start", "run.jsonl", args);
  }

  private long starts(String account, String region) {
    return cloud.ledger(account, region).calls("StartInstance");
  }

  @Test
  void regionsOfTheOwnAccount_needNoOptions() throws IOException {
    stopOwn("run.jsonl");

    TestTerminal dry = terminal();
    assertThat(start(dry, "--dry-run")).as(dry.errText()).isZero();
    assertThat(dry.errText()).contains("6 instances, 6 passed the dry run");
    assertThat(Path.of(file("run.start.jsonl"))).doesNotExist();
    assertThat(start(terminal, "--yes", "--output=jsonl", "--report=" + file("r.html")))
        .as(terminal.errText())
        .isZero();

    List<JsonNode> outcomes =
        terminal.outText().lines().map(line -> new JsonMapper().readTree(line)).toList();
    assertThat(outcomes)
        .hasSize(6)
        .allSatisfy(each -> assertThat(each.get("outcome").stringValue()).isEqualTo("STARTED"))
        .allSatisfy(each -> assertThat(each.get("account").stringValue()).isEqualTo("default"));
    assertThat(terminal.errText())
        .contains("6 instances, 6 started", "default/cn-shanghai: 3 instances, 3 started");
    assertThat(cloud.ids(FIRST, EAST))
        .allSatisfy(id -> assertThat(cloud.ledger(FIRST, EAST).starts(id)).isEqualTo(1));
    assertThat(Files.readString(Path.of(file("r.html"))))
        .contains("STARTED", "default/cn-beijing, default/cn-shanghai");
    TestTerminal shown = new TestTerminal();
    assertThat(shown.run("show", file("run.start.jsonl"))).isZero();
    assertThat(shown.outText()).contains("several targets (undoes run ", "6 started");

    TestTerminal again = terminal();
    assertThat(start(again, "--yes", "--resume")).as(again.errText()).isZero();
    assertThat(again.errText()).contains("6 done before");
    assertThat(starts(FIRST, NORTH)).isEqualTo(6);
  }

  @Test
  void interruptBeforeTheStart_startsNothing() {
    stopOwn("run.jsonl");
    terminal.terminals(Stream.STDIN, Stream.STDERR).input("y\n");
    terminal.onError(
        "Continue?", () -> assertThatIllegalStateException().isThrownBy(terminal::interrupt));

    assertThat(start(terminal)).isEqualTo(130);

    assertThat(terminal.errText())
        .contains("fleetstop: interrupted; this command started nothing\n")
        .doesNotContain("nothing was stopped");
    assertThat(starts(FIRST, NORTH) + starts(FIRST, EAST)).isZero();
  }

  @Test
  void accountsByRole_areNamedAsForTheStop() {
    String[] roles = {"--role-trn", cloud.roleTrn(FIRST), "--role-trn", cloud.roleTrn(SECOND)};
    List<String> stop = new ArrayList<>(List.of(roles));
    stop.addAll(List.of("--region=all", "--status=RUNNING", "--yes", "--max-instances=12"));
    assertThat(run(terminal(), "stop", "run.jsonl", stop.toArray(new String[0]))).isZero();

    TestTerminal unnamed = terminal();
    assertThat(start(unnamed, "--yes")).isEqualTo(2);
    assertThat(unnamed.errText())
        .contains("has also stopped instances in [", "2100000001/cn-beijing", "--role-trn");
    TestTerminal half = terminal();
    assertThat(start(half, "--yes", roles[0], roles[1])).isEqualTo(2);
    assertThat(half.errText()).contains(SECOND).doesNotContain("[2100000001");

    List<String> plan = new ArrayList<>(List.of(roles));
    plan.addAll(List.of("--plan", "--wave=1,100%"));
    assertThat(start(terminal, plan.toArray(new String[0]))).as(terminal.errText()).isZero();
    assertThat(terminal.outText())
        .contains(
            "About to start 12 instances in 4 targets:",
            "2100000002/cn-shanghai          3  0 already running, 0 changed since",
            SECOND + ", as ",
            "Wave 2 of 2 (100%): 11 instances");
    plan.add("--output=jsonl");
    TestTerminal json = terminal();
    start(json, plan.toArray(new String[0]));
    JsonNode object = new JsonMapper().readTree(json.outText());
    assertThat(object.get("instances").intValue()).isEqualTo(12);
    assertThat(object.get("targets").get(3).get("account").stringValue()).isEqualTo(SECOND);

    List<String> real = new ArrayList<>(List.of(roles));
    real.addAll(List.of("--yes", "--wave-by=target"));
    TestTerminal last = terminal();
    assertThat(start(last, real.toArray(new String[0]))).as(last.errText()).isZero();
    assertThat(last.errText()).contains("Wave 4 of 4: 3 instances, 12 of 12 in all");
    assertThat(starts(SECOND, EAST)).isEqualTo(3);
  }

  @Test
  void question_listsEveryTarget() {
    stopOwn("run.jsonl");
    terminal.terminals(Stream.STDIN, Stream.STDERR);
    terminal.input("no\n");

    assertThat(start(terminal)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("About to start 6 instances in 2 targets:", "default/cn-beijing", "[y/N]");
    assertThat(starts(FIRST, NORTH)).isZero();
    TestTerminal many = terminal();
    assertThat(start(many, "--yes", "--max-instances=5")).isEqualTo(2);
    assertThat(many.errText()).contains("6 instances would be started, more than the 5");
  }

  @Test
  void unreadableTarget_startsNothingUnlessTheOthersMayContinue() {
    stopOwn("run.jsonl");
    cloud.failAlways(FIRST, EAST, "DescribeInstances", GatewayErrors.ACCESS_DENIED);

    assertThat(start(terminal, "--yes")).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("1 of 2 targets cannot be read, and nothing was started: default/cn-shanghai")
        .contains("AccessDenied", "--continue-on-target-error to start the others");
    assertThat(starts(FIRST, NORTH)).isZero();
    TestTerminal continued = terminal();
    assertThat(start(continued, "--yes", "--continue-on-target-error")).isEqualTo(1);
    assertThat(continued.errText()).contains("default/cn-shanghai: not read:");
    assertThat(starts(FIRST, NORTH)).isEqualTo(3);

    cloud.clearFaults(FIRST, EAST, "DescribeInstances");
    TestTerminal rest = terminal();
    assertThat(start(rest, "--yes", "--resume")).as(rest.errText()).isZero();
    assertThat(starts(FIRST, NORTH)).isEqualTo(3);
    assertThat(starts(FIRST, EAST)).isEqualTo(3);
  }

  @Test
  void noReadableTarget_isReportedAndNotified() throws IOException {
    stopOwn("run.jsonl");
    cloud.failAlways(FIRST, NORTH, "DescribeInstances", GatewayErrors.ACCESS_DENIED);
    cloud.failAlways(FIRST, EAST, "DescribeInstances", GatewayErrors.ACCESS_DENIED);
    List<String> common =
        List.of("--yes", "--continue-on-target-error", "--notify-command=cat > " + file("note"));

    List<String> again = new ArrayList<>(common);
    again.addAll(List.of("--region=" + NORTH + "," + EAST, "--status=RUNNING"));
    again.addAll(List.of("--max-instances=6", "--report=" + file("stop.html")));
    TestTerminal stop = terminal();
    assertThat(run(stop, "stop", "again.jsonl", again.toArray(new String[0]))).isEqualTo(4);
    String reason = "2 of 2 targets cannot be read, and nothing was ";
    assertThat(stop.errText()).contains(reason + "stopped: default/cn-beijing");
    assertThat(Files.readString(Path.of(file("stop.html")))).contains(reason, "CONFIGURATION");
    assertThat(Files.readString(Path.of(file("note"))))
        .contains(reason, "\"exitCode\":4", "default/cn-beijing, default/cn-shanghai");
    assertThat(Path.of(file("again.jsonl"))).doesNotExist();

    List<String> start = new ArrayList<>(common);
    start.add("--report=" + file("start.html"));
    assertThat(start(terminal, start.toArray(new String[0]))).isEqualTo(4);
    assertThat(terminal.errText()).contains(reason + "started: default/cn-beijing");
    assertThat(Files.readString(Path.of(file("start.html")))).contains(reason);
    assertThat(Files.readString(Path.of(file("note")))).contains(reason + "started");
    assertThat(Path.of(file("run.start.jsonl"))).doesNotExist();
    assertThat(starts(FIRST, NORTH) + starts(FIRST, EAST)).isZero();
  }

  @Test
  void limitOfATarget_endsThatTarget() {
    stopOwn("run.jsonl");
    cloud.failAlways(FIRST, NORTH, "StartInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);

    assertThat(
            start(
                terminal,
                "--yes",
                "--max-failures-per-target=1",
                "--max-failures=99",
                "--max-in-flight=2"))
        .isEqualTo(3);
    assertThat(terminal.errText()).contains("default/cn-beijing: 3 instances", "ended early");
    assertThat(starts(FIRST, EAST)).isEqualTo(3);
  }

  @Test
  void resume_needsTheSameStopRun() {
    stopOwn("run.jsonl");
    assertThat(start(terminal, "--yes")).isZero();
    stopOwn("other.jsonl");

    TestTerminal other = terminal();
    assertThat(
            run(
                other,
                "start",
                "other.jsonl",
                "--yes",
                "--resume",
                "--start-journal=" + file("run.start.jsonl")))
        .isEqualTo(2);
    assertThat(other.errText())
        .contains("run.start.jsonl is of another stop run", "nothing more was started")
        .contains("Give the --journal that it began with");
    assertThat(starts(FIRST, NORTH)).isEqualTo(3);
  }
}
