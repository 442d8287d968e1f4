package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** {@code fleetstop start}, after a stop. */
@Tag("long")
class StartCommandTest {

  @TempDir private Path directory;

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instance(SimulatedInstance.builder("i-a").tag("fleetstop:protect", "").build())
          .instance("i-b", "RUNNING")
          .instance("i-c", "RUNNING")
          .instance("i-was-stopped", "STOPPED")
          .stopDelay(Duration.ofMillis(20))
          .startDelay(Duration.ofMillis(20))
          .startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private void stop(String... more) {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--no-protect-tag", "--journal=" + file("run.jsonl")));
    args.addAll(List.of(more));
    args.addAll(List.of("i-a", "i-b", "i-c", "i-was-stopped"));
    assertThat(TestTerminal.of(simulator).stop(simulator, args.toArray(new String[0]))).isZero();
  }

  private int start(String... args) {
    return start(terminal, args);
  }

  private int start(TestTerminal on, String... args) {
    List<String> all = new ArrayList<>(List.of("--journal=" + file("run.jsonl")));
    all.addAll(List.of(args));
    return on.start(simulator, all.toArray(new String[0]));
  }

  @Test
  void start_startsWhatTheRunStopped() throws IOException {
    stop();

    assertThat(start("--yes", "--output=jsonl")).isZero();

    assertThat(terminal.outText().lines().toList())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).contains("\"outcome\":\"STARTED\""));
    assertThat(List.of(simulator.status("i-a"), simulator.status("i-b"), simulator.status("i-c")))
        .containsOnly("RUNNING");
    assertThat(simulator.status("i-was-stopped")).isEqualTo("STOPPED");
    assertThat(terminal.errText()).contains("3 instances, 3 started");
    TestTerminal stopShown = new TestTerminal();
    stopShown.run("show", file("run.jsonl").toString());
    assertThat(stopShown.outText())
        .contains("Start what it has stopped with: fleetstop start --journal " + file("run.jsonl"));
    assertThat(Files.readString(file("run.start.jsonl"))).contains("\"operation\":\"start\"");
    TestTerminal shown = new TestTerminal();
    assertThat(shown.run("show", file("run.start.jsonl").toString())).isZero();
    assertThat(shown.outText())
        .containsPattern("cn-beijing \\(undoes run [^)]+\\), start\n")
        .contains("3 instances in the journal: 3 started");
  }

  @Test
  void interruptBeforeTheStart_startsNothing() {
    stop();
    terminal.terminals(Stream.STDIN, Stream.STDERR).input("y\n");
    terminal.onError(
        "Continue?", () -> assertThatIllegalStateException().isThrownBy(terminal::interrupt));

    assertThat(start()).isEqualTo(130);

    assertThat(terminal.errText())
        .contains("fleetstop: interrupted; this command started nothing\n")
        .doesNotContain("nothing was stopped");
    assertThat(simulator.ledger().calls("StartInstance")).isZero();
  }

  @Test
  void withoutATerminal_severalNeedYes() {
    stop();

    assertThat(start()).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("starting 3 instances needs --yes without a terminal")
        .contains("nothing was started");
    assertThat(simulator.ledger().calls("StartInstance")).isZero();
    assertThat(file("run.start.jsonl")).doesNotExist();
  }

  @Test
  void plan_showsWhatWouldBeStarted() {
    stop("--stopped-mode=StopCharging");
    simulator.setState("i-b", "RUNNING");
    simulator.setState("i-c", "ERROR");

    assertThat(start("--plan")).isZero();
    assertThat(terminal.outText())
        .contains("About to start 1 instance in cn-beijing:")
        .contains("StopCharging: the service may lack capacity")
        .contains("not started   1 already running, 1 changed since")
        .contains("changed since i-c");
    TestTerminal json = TestTerminal.of(simulator);
    assertThat(start(json, "--plan", "--output=jsonl", "--wave=1")).isZero();
    assertThat(json.outText())
        .contains("\"instances\":1", "\"changed\":[\"i-c\"]", "\"waves\":[1]");
    assertThat(simulator.ledger().calls("StartInstance")).isZero();
  }

  @Test
  void changedInstance_isSkippedUnlessIncluded() {
    stop();
    simulator.setState("i-c", "ERROR");

    assertThat(start("--yes")).isZero();
    assertThat(terminal.outText())
        .contains("i-c", "SKIPPED", "it was changed since the run stopped it: it is ERROR");

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(
            start(again, "--yes", "--include-changed", "--start-journal=" + file("second.jsonl")))
        .isEqualTo(1);
    assertThat(again.outText()).contains("FAILED", "InvalidInstanceStatus", "ALREADY_RUNNING");
  }

  @Test
  void lackOfCapacity_needsAHand() {
    stop("--stopped-mode=StopCharging");
    simulator.setStartCapacity(2);

    assertThat(start("--yes", "--deadline=1s")).isEqualTo(1);
    assertThat(terminal.errText())
        .containsPattern("Needs a hand: the service lacks capacity for 1 instance: i-[abc]\\. Try")
        .contains("--resume");
    simulator.setStartCapacity(1);
    TestTerminal again = TestTerminal.of(simulator);
    assertThat(start(again, "--yes", "--resume")).isZero();
    assertThat(List.of("i-a", "i-b", "i-c"))
        .allSatisfy(id -> assertThat(simulator.status(id)).isEqualTo("RUNNING"))
        .allSatisfy(id -> assertThat(simulator.ledger().starts(id)).isEqualTo(1));
  }

  @Test
  void dryRun_startsNothing() {
    stop();

    assertThat(start("--dry-run")).isZero();
    assertThat(terminal.outText()).contains("DRY_RUN_PASSED");
    assertThat(terminal.errText())
        .contains("resume with: fleetstop start --run-id")
        .doesNotContain("--resume");
    assertThat(simulator.ledger().starts("i-a")).isZero();

    TestTerminal real = TestTerminal.of(simulator);
    assertThat(start(real, "--yes")).as("nothing is in the way: %s", real.errText()).isZero();
    TestTerminal plan = TestTerminal.of(simulator);
    assertThat(start(plan, "--plan")).as("a plan writes no journal").isZero();
  }

  @Test
  void waves_endAfterTheLastSize() {
    stop();

    assertThat(start("--yes", "--wave=1,2", "--no-wait")).isZero();
    assertThat(terminal.outText()).contains("ACCEPTED");
    assertThat(terminal.errText())
        .contains("Wave 2 of 2 begins: 1 instance")
        .contains("1 instance beyond the last size of --wave: not started");
    assertThat(simulator.ledger().calls("StartInstance")).isEqualTo(2);
    TestTerminal rest = TestTerminal.of(simulator);
    assertThat(start(rest, "--yes", "--resume", "--no-wait")).isZero();
    assertThat(simulator.ledger().calls("StartInstance")).isEqualTo(3);
  }

  @Test
  void report_isThatOfAStart() throws IOException {
    stop();

    assertThat(start("--yes", "--report=" + file("r.html"))).isZero();
    assertThat(Files.readString(file("r.html"))).contains("STARTED", "waited for RUNNING");
  }

  @Test
  void journalsThatCannotBeUndone_areRefused() {
    assertThat(start("--yes")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--journal: The journal", "no such file");
    TestTerminal missing = TestTerminal.of(simulator);
    assertThat(missing.start(simulator, "--yes")).isEqualTo(2);
    assertThat(missing.errText()).contains("--journal FILE is required");
    stop("--dry-run");
    TestTerminal dry = TestTerminal.of(simulator);
    assertThat(start(dry, "--yes")).isEqualTo(2);
    assertThat(dry.errText()).contains("is of a dry run, which stopped nothing");
  }

  @Test
  void runOfSeveralTargets_isStartedTargetByTarget() {
    ShutdownOptions options = ShutdownOptions.builder().build();
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(simulator.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
            .build();
    Target beijing = new Target("a", "cn-beijing");
    ShutdownJournal journal =
        Objects.requireNonNull(ShutdownJournal.create(file("run.jsonl"), options).block());
    FleetShutdown.across(Map.of(beijing, client))
        .journal(journal)
        .build()
        .stop(Map.of(beijing, Flux.just(InstanceId.of("i-b"))))
        .blockLast(Duration.ofSeconds(20));
    journal.disposeLater().then(client.closeAsync()).block();

    assertThat(start("--yes")).isEqualTo(2);
    assertThat(terminal.errText()).contains("has also stopped instances in [a/cn-beijing]");
    TestTerminal one = TestTerminal.of(simulator);
    assertThat(start(one, "--yes", "--target=a/cn-beijing")).isZero();
    assertThat(simulator.status("i-b")).isEqualTo("RUNNING");
    assertThat(file("run.a.cn-beijing.start.jsonl")).exists();
  }

  @Test
  void existingStartJournal_mustBeResumed() throws IOException {
    stop();
    assertThat(start("--yes")).isZero();
    TestTerminal again = TestTerminal.of(simulator);
    assertThat(start(again, "--yes")).isEqualTo(2);
    assertThat(again.errText()).contains("--start-journal", "it exists: resume its run");
    TestTerminal wrong = TestTerminal.of(simulator);
    assertThat(wrong.start(simulator, "--yes", "--journal=" + file("run.start.jsonl")))
        .isEqualTo(2);
    assertThat(wrong.errText()).contains("is the journal of a start");
    TestTerminal elsewhere = TestTerminal.of(simulator);
    assertThat(start(elsewhere, "--yes", "--region=cn-shanghai", "--resume")).isEqualTo(2);
    assertThat(elsewhere.errText())
        .contains("its run was in cn-beijing, this command is for cn-shanghai");
  }

  @Test
  void resume_needsTheSameStopRun() {
    stop();
    assertThat(start("--yes")).isZero();
    assertThat(
            TestTerminal.of(simulator)
                .stop(
                    simulator, "--yes", "--no-protect-tag", "--journal=" + file("b.jsonl"), "i-a"))
        .isZero();
    TestTerminal other = TestTerminal.of(simulator);

    assertThat(
            other.start(
                simulator,
                "--yes",
                "--resume",
                "--journal=" + file("b.jsonl"),
                "--start-journal=" + file("run.start.jsonl")))
        .isEqualTo(2);
    assertThat(other.errText()).contains("is of another stop run", "nothing more was started");
    assertThat(simulator.status("i-a")).isEqualTo("STOPPED");
  }

  @ParameterizedTest
  @CsvSource({
    "--wave-by=target, --wave-by target needs several targets",
    "'--region=cn-a,cn-b', 'is in one region and account; give one --region'",
    "--simulate=3, --simulate cannot start what an earlier command stopped",
    "--burst=2, --burst needs --rate",
    "--confirm-waves, --confirm-waves needs --wave",
    "--max-instances=2, '3 instances would be started, more than the 2 of --max-instances'",
    "--target=a/cn-beijing, its run has one target only; leave out --target",
    "--target=a, '--target must be ACCOUNT/REGION, was \"a\"'",
    "--run-id= , --run-id: runId must have 1 to 128 characters"
  })
  void uselessOptions_areRefused(String option, String message) {
    stop();
    assertThat(
            option.startsWith("--simulate")
                ? terminal.run("start", "--journal=" + file("run.jsonl"), option)
                : start("--yes", option))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains(message);
    assertThat(simulator.ledger().calls("StartInstance")).isZero();
  }

  @Test
  void journalThatOthersCanHaveWritten_startsNothing() throws IOException {
    assumeTrue(directory.getFileSystem().supportedFileAttributeViews().contains("posix"));
    stop();
    Files.setPosixFilePermissions(file("run.jsonl"), PosixFilePermissions.fromString("rw-rw-rw-"));

    assertThat(start("--yes")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--journal: ", "others may write to it");
    assertThat(simulator.ledger().calls("StartInstance")).isZero();
  }
}
