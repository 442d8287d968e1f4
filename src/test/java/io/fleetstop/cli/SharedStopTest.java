package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.options.RedisUrl;
import io.fleetstop.cli.run.SharedFleet;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import io.fleetstop.redis.SharedRunParameters;
import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import io.fleetstop.testkit.SimulatorAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** A run of several command lines, through a real Redis. */
@Tag("long")
class SharedStopTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @SuppressWarnings("NullAway.Init")
  private static TestRedis redis;

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(300).stopDelay(Duration.ofMillis(100)).startNow();
  private final TestTerminal first = TestTerminal.of(simulator);
  private final TestTerminal second = TestTerminal.of(simulator);

  @TempDir private Path directory;
  private String runId = "";

  @BeforeAll
  static void startRedis() {
    redis = TestRedis.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void nameTheRun(TestInfo test) {
    runId = test.getDisplayName();
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(TestTerminal terminal, List<String> ids, String... options) {
    List<String> args =
        new ArrayList<>(
            List.of("--yes", "--redis", redis.url(), "--run-id", runId, "--no-protect-tag"));
    args.addAll(Arrays.asList(options));
    args.addAll(ids);
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  private int control(TestTerminal terminal, String command) {
    return terminal.run(command, "--redis", redis.url(), "--run-id", runId);
  }

  private void awaitEffects(long effects) {
    Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .takeUntil(tick -> simulator.ledger().effects() >= effects)
        .blockLast(LIMIT);
  }

  @Test
  void secondMachine_joinsWithTheRunIdAlone() throws IOException {
    Path report = directory.resolve("run.html");
    CompletableFuture<Integer> one =
        CompletableFuture.supplyAsync(
            () -> stop(first, simulator.ids(), "--rate=40", "--output=jsonl"));
    awaitEffects(20);

    assertThat(stop(second, List.of(), "--rate=40", "--report", report.toString()))
        .as(second::errText)
        .isZero();
    assertThat(one.orTimeout(50, TimeUnit.SECONDS).join()).as(first::errText).isZero();

    assertThat(first.outLines().size() + second.outLines().size()).isEqualTo(300);
    assertThat(second.outLines()).hasSizeGreaterThan(10);
    assertThat(first.errText()).contains("Run " + runId + ": 300 instances, 0 done.");
    assertThat(second.errText()).contains(": 300 instances, 300 stopped");
    assertThat(Files.readString(report)).contains(simulator.ids().get(0), simulator.ids().get(299));
    SimulatorAssert.assertThatService(simulator).stoppedOnceEach(simulator.ids());

    TestTerminal shown = new TestTerminal();
    assertThat(shown.run("show", "--redis", redis.url(), "--run-id", runId, "--output=ids"))
        .isZero();
    assertThat(shown.outLines()).containsExactlyInAnyOrderElementsOf(simulator.ids());
    TestTerminal status = new TestTerminal();
    assertThat(control(status, "status")).isZero();
    assertThat(status.outText())
        .contains("; done, 0 workers", "300 of 300 instances done: 300 stopped", "0 queued");
  }

  @Test
  void drainedRun_isResumedByAnotherMachine() {
    CompletableFuture<Integer> one =
        CompletableFuture.supplyAsync(() -> stop(first, simulator.ids(), "--rate=100"));
    awaitEffects(30);
    assertThat(control(new TestTerminal(), "drain")).isZero();
    assertThat(one.orTimeout(50, TimeUnit.SECONDS).join()).as(first::errText).isEqualTo(130);
    assertThat(first.errText()).contains("the run was drained");
    long effects = simulator.ledger().effects();
    assertThat(effects).isLessThan(300);
    TestTerminal pause = new TestTerminal();
    assertThat(control(pause, "pause")).isZero();
    assertThat(pause.errText()).contains("The run is draining: nothing was changed. To let it");

    assertThat(stop(second, List.of())).isEqualTo(130);
    assertThat(simulator.ledger().effects()).isEqualTo(effects);

    TestTerminal resumed = new TestTerminal();
    assertThat(control(resumed, "resume")).isZero();
    assertThat(resumed.outText()).contains("; running, 0 workers");
    TestTerminal third = TestTerminal.of(simulator);
    assertThat(stop(third, List.of())).as(third::errText).isZero();
    SimulatorAssert.assertThatService(simulator).stoppedOnceEach(simulator.ids());
  }

  @Test
  void pausedRun_sendsNothingUntilItIsResumed() {
    CompletableFuture<Integer> one =
        CompletableFuture.supplyAsync(() -> stop(first, simulator.ids(), "--rate=100"));
    awaitEffects(20);
    TestTerminal pause = new TestTerminal();
    assertThat(control(pause, "pause")).isZero();
    assertThat(pause.outText()).contains("; paused, 1 worker");
    Flux.interval(Duration.ofSeconds(1)).take(1).blockLast(LIMIT);
    long calls = simulator.ledger().calls("StopInstance");
    Flux.interval(Duration.ofSeconds(1)).take(1).blockLast(LIMIT);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(calls).isLessThan(300);

    assertThat(control(new TestTerminal(), "resume")).isZero();
    assertThat(one.orTimeout(50, TimeUnit.SECONDS).join()).as(first::errText).isZero();
  }

  @Test
  void failureLimit_isThatOfTheRun() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    assertThat(stop(first, simulator.ids(), "--rate=100", "--max-failures=5"))
        .as(first::errText)
        .isEqualTo(3);
    assertThat(stop(second, List.of())).isEqualTo(3);
    assertThat(second.errText()).contains("more than the limit of 5");
  }

  @Test
  void otherInstancesOrParameters_areRejected() {
    load(simulator.ids().subList(0, 5));

    assertThat(stop(second, simulator.ids().subList(0, 6))).isEqualTo(2);
    assertThat(second.errText()).contains("exists with other instances");
    TestTerminal forced = TestTerminal.of(simulator);
    assertThat(stop(forced, List.of(), "--force")).isEqualTo(2);
    assertThat(forced.errText()).contains("exists with force false, this command has true");
    assertThat(simulator.ledger().effects()).isZero();
  }

  /** Yesterday's id with today's instances must not look like a success. */
  @Test
  void finishedRun_givesItsResultAndRefusesInstances() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    List<String> some = simulator.ids().subList(0, 5);
    assertThat(stop(first, some, "--max-failures=100%")).isEqualTo(1);

    assertThat(stop(second, some, "--max-failures=100%")).isEqualTo(2);
    assertThat(second.errText())
        .containsPattern(
            "the run " + Pattern.quote(runId) + " is finished since 20\\S+Z: 5 failed; nothing was")
        .contains("Name a new --run-id");
    TestTerminal late = TestTerminal.of(simulator);
    assertThat(stop(late, List.of())).isEqualTo(1);
    assertThat(late.errText())
        .contains("Nothing is left to stop: the run " + runId + " is finished since ")
        .contains(": 5 instances, 5 failed");
  }

  /** The instances would not be found there, and the whole run would fail. */
  @Test
  void machineOfAnotherEndpointOrRegion_isRejected() {
    List<String> some = simulator.ids().subList(0, 5);
    assertThat(stop(first, some, "--no-wait")).isZero();
    EcsSimulator another = EcsSimulator.builder().instances(5).startNow();
    try {
      TestTerminal elsewhere = TestTerminal.of(another);
      String[] args = {"--yes", "--redis", redis.url(), "--run-id", runId, "--no-protect-tag"};
      assertThat(elsewhere.stop(another, args)).isEqualTo(2);
      assertThat(elsewhere.errText())
          .contains(
              "exists with endpoint "
                  + simulator.endpoint()
                  + ", this command has "
                  + another.endpoint()
                  + "; nothing was stopped");
      assertThat(another.ledger().effects()).isZero();
    } finally {
      another.dispose();
    }
    assertThat(stop(second, List.of(), "--region=cn-shanghai")).isEqualTo(2);
    assertThat(second.errText())
        .contains("exists with scope cn-beijing, this command has cn-shanghai");
    TestTerminal status = new TestTerminal();
    assertThat(control(status, "status")).isZero();
    assertThat(status.outText()).contains(simulator.endpoint().toString(), "account 2");
  }

  @Test
  void waves_areThoseOfTheRun() {
    List<String> some = simulator.ids().subList(0, 6);
    assertThat(stop(first, some, "--no-wait", "--wave=1,50%")).as(first::errText).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(3);
    String beyond = "3 instances are beyond the last size of --wave 1,50%, and not of this run";
    assertThat(first.errText()).contains(beyond);

    assertThat(stop(second, List.of(), "--wave=100%")).isEqualTo(2);
    assertThat(second.errText())
        .contains("has the waves 1,50%, which --wave 100% cannot change; nothing was stopped")
        .contains("stop the 3 instances beyond its last wave by a run of another --run-id");
    TestTerminal same = TestTerminal.of(simulator);
    assertThat(stop(same, List.of(), "--no-wait", "--wave=1,50%")).as(same::errText).isZero();
    TestTerminal status = new TestTerminal();
    assertThat(control(status, "status")).isZero();
    assertThat(status.outText()).contains(beyond);
    TestTerminal shown = new TestTerminal();
    assertThat(control(shown, "show")).isZero();
    assertThat(shown.outText())
        .contains("3 instances in the run: 3 accepted\n", "The run is done: every instance has")
        .doesNotContain("journal", "If it ended early");
    assertThat(simulator.ledger().effects()).isEqualTo(3);
  }

  @Test
  void refusedFleet_isNotified() throws IOException {
    Path note = directory.resolve("note");
    assertThat(
            stop(first, List.of("i-missing"), "--only-running", "--notify-command=cat > " + note))
        .isEqualTo(2);
    assertThat(Files.readString(note)).contains("\"exitCode\":2", "not exist");
  }

  @Test
  void unknownRun_isNotCreatedByAJoin() {
    assertThat(stop(first, List.of())).isEqualTo(2);
    assertThat(first.errText()).contains("Redis has no run " + runId);
    assertThat(control(second, "status")).isEqualTo(2);
    assertThat(control(second, "pause")).isEqualTo(2);
    assertThat(second.errText())
        .containsOnlyOnce("Redis has no run \"" + runId + "\"; check --run-id and --redis")
        .contains("the id is mistyped, or the run was deleted");
  }

  @Test
  void urlOfTheEnvironment_isUsed() {
    first.env("FLEETSTOP_REDIS_URL", redis.url());
    String[] args = {"--yes", "--run-id", runId, "--no-protect-tag", simulator.ids().get(0)};
    assertThat(first.stop(simulator, args)).as(first::errText).isZero();
    assertThat(control(second, "status")).isZero();
    assertThat(second.outText()).contains("1 of 1 instance done");
  }

  @Test
  void passwordOnTheCommandLine_isRejectedAndNotRepeated() {
    assertThat(first.run("status", "--redis", "redis://user:secret@127.0.0.1", "--run-id", "r"))
        .isEqualTo(2);
    assertThat(first.errText()).contains("FLEETSTOP_REDIS_URL").doesNotContain("secret");
    String[] args = {"--redis=redis://user:secret@127.0.0.1", "--run-id=r", "--yes", "i-1"};
    assertThat(second.stop(simulator, args)).isEqualTo(2);
    assertThat(second.errText()).contains("FLEETSTOP_REDIS_URL").doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--plan", "--batch=10", "--resume"})
  void contradictingOption_isRejected(String option) {
    runId = "contradiction";
    assertThat(stop(first, simulator.ids(), option)).isEqualTo(2);
    assertThat(first.errText()).contains("--redis and " + option.split("=", 2)[0]);
    assertThat(simulator.calls()).isZero();
  }

  private TestTerminal neverStopping(String id) throws IOException {
    Path list = directory.resolve("fleetstop/never-stop");
    Files.createDirectories(list.getParent());
    Files.writeString(list, id + "\n");
    return TestTerminal.of(simulator).env("XDG_CONFIG_HOME", directory.toString());
  }

  /** Each machine has a list of its own, and Redis may name any instance. */
  @Test
  void neverStopListOfAMachineThatJoins_isObserved() throws IOException {
    List<String> ids = simulator.ids().subList(0, 6);
    load(ids);
    TestTerminal careful = neverStopping(ids.get(2));
    assertThat(stop(careful, List.of(), "--output=jsonl")).as(careful::errText).isZero();
    assertThat(careful.outText()).contains("\"" + ids.get(2) + "\",\"outcome\":\"SKIPPED\"");
    assertThat(simulator.ledger().effects()).isEqualTo(5);
    assertThat(simulator.status(ids.get(2))).isEqualTo("RUNNING");
  }

  @Test
  void excludedInstancesOfAMachineThatJoins_areSkipped() throws IOException {
    List<String> ids = simulator.ids().subList(0, 6);
    load(ids);
    Path excluded = Files.writeString(directory.resolve("excluded"), ids.get(3) + "\n");
    assertThat(stop(second, List.of(), "--exclude-file", excluded.toString()))
        .as(second::errText)
        .isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(5);
    assertThat(simulator.status(ids.get(3))).isEqualTo("RUNNING");
  }

  @Test
  void runThatIsTooLargeOrSelectedOtherwise_isNotJoined() {
    load(simulator.ids().subList(0, 6));
    assertThat(stop(first, List.of(), "--max-instances=5")).isEqualTo(2);
    assertThat(first.errText()).contains("the run has 6 instances, more than the 5");
    assertThat(stop(second, List.of(), "--only-running")).isEqualTo(2);
    assertThat(second.errText()).contains("--only-running");
    assertThat(simulator.ledger().effects()).isZero();
  }

  /** A run of machines that check the standard tag; the selecting one has read other instances. */
  @Test
  @Tag("guarantee:protection")
  void idThatIsWrittenIntoRedis_isProtectedByItsTag() {
    simulator.add(SimulatedInstance.builder("i-db").tag("fleetstop:protect", "").build());
    load(List.of(simulator.ids().get(0), "i-db"), ShutdownOptions.PROTECT_TAG);
    String[] join = {"--redis", redis.url(), "--run-id", runId};
    assertThat(second.stop(simulator, join)).as(second::errText).isZero();
    assertThat(second.outText()).contains("protected by the tag fleetstop:protect");
    assertThat(simulator.status("i-db")).isEqualTo("RUNNING");
    assertThat(simulator.ledger().effects()).isEqualTo(1);
  }

  @Test
  @Tag("guarantee:protection")
  void machineWithoutProtection_joinsNoRunThatHasOne() {
    load(simulator.ids().subList(0, 2), ShutdownOptions.PROTECT_TAG);
    assertThat(stop(first, List.of())).isEqualTo(2);
    assertThat(first.errText())
        .contains("exists with protect tag fleetstop:protect, this command has none; nothing was");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void protectTag_isThatOfTheCommandLineThatStarts() {
    load(simulator.ids().subList(0, 2), "keep");
    String id = simulator.ids().get(0);
    String[] args = {
      "--redis", redis.url(), "--run-id", runId, "--yes", "--protect-tag=keep=on", id
    };
    assertThat(second.stop(simulator, args)).isEqualTo(2);
    assertThat(second.errText()).contains("protect tag keep, this command has keep=on");
  }

  private void load(List<String> ids) {
    load(ids, "");
  }

  /** Loads a run that no machine works on yet. */
  private void load(List<String> ids, String protectTag) {
    SharedRunParameters parameters =
        SharedRunParameters.of(
            ShutdownOptions.builder().scope(simulator.region()).protectTag(protectTag).build(),
            Waves.none(),
            Duration.ZERO,
            "test");
    try (SharedFleet shared = SharedFleet.open(new RedisUrl(redis.url(), "--redis"), runId)) {
      shared.fleet().load(parameters, ids.stream().map(InstanceId::of).toList()).block(LIMIT);
    }
  }
}
