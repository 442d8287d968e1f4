package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.limit.AdaptiveRateLimiter;
import io.fleetstop.observe.CallListener;
import io.fleetstop.simulator.Condition;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import reactor.util.context.Context;
import tools.jackson.databind.JsonNode;

/** The effect of each option. */
class StopCommandTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(30).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);
  private final String first = simulator.ids().get(0);
  private final String second = simulator.ids().get(1);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  @Test
  void simulate_stopsAFleetWithoutCredentials() {
    TestTerminal bare = new TestTerminal();

    assertThat(bare.run("stop", "--simulate", "200")).isZero();
    assertThat(bare.outLines()).hasSize(200).allMatch(line -> line.contains("  STOPPED"));
    assertThat(bare.errText())
        .contains(": 200 instances, 200 stopped\n", "200 StopInstance", "Run id: ");
    assertThat(bare.signalsRestored()).isTrue();
  }

  @Test
  void simulate_stopsTheGivenIdsOnly() {
    TestTerminal bare = new TestTerminal();

    assertThat(bare.run("stop", "--simulate", "5", "i-sim0000000003", "i-unknown")).isEqualTo(1);
    assertThat(bare.outLines())
        .containsExactlyInAnyOrder(
            "i-sim0000000003  STOPPED",
            "i-unknown        FAILED          InvalidInstance.NotFound: "
                + message(bare, "i-unknown"));
  }

  private static String message(TestTerminal terminal, String id) {
    String line =
        terminal.outLines().stream().filter(l -> l.startsWith(id)).findAny().orElseThrow();
    return line.substring(line.indexOf(": ") + 2);
  }

  @Test
  void ids_comeFromFilesAndStdinWithoutDuplicates() throws IOException {
    Path file = directory.resolve("ids.txt");
    Files.writeString(file, "\uFEFF# two\r\n" + first + "\r\n\r\n" + second + " # again\r\n");
    terminal.input(second + "\n" + simulator.ids().get(2) + "\n");

    int exitCode =
        terminal.stop(
            simulator, "--yes", "--no-wait", "--ids-file", file.toString(), "--ids-file=-", first);

    assertThat(exitCode).isZero();
    assertThat(terminal.outLines()).hasSize(3).allMatch(line -> line.contains("  ACCEPTED"));
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(3);
  }

  @Test
  void singleInstanceNamedTwice_needsNoYes() {
    assertThat(terminal.stop(simulator, "--no-wait", first, first)).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"y\n", "yes\n", " YES \n"})
  void yesOnTheTerminal_stopsTheFleet(String answer) {
    terminal.terminals(Stream.STDIN, Stream.STDERR).input(answer);

    assertThat(terminal.stop(simulator, "--no-wait", first, second)).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(2);
  }

  @Tag("guarantee:dry-run")
  @Test
  void dryRun_stopsNothingAndNeedsNoYes() {
    assertThat(terminal.stop(simulator, "--dry-run", first, second)).isZero();
    assertThat(terminal.outLines()).allMatch(line -> line.contains("  DRY_RUN_PASSED"));
    assertThat(simulator.ledger().effects()).isZero();
    assertThat(terminal.errText()).contains("2 passed the dry run");
  }

  @Test
  void wait_isTheDefault() {
    assertThat(terminal.stop(simulator, first)).isZero();
    assertThat(terminal.stop(simulator, "--wait", second)).isZero();
    assertThat(terminal.outLines())
        .containsExactly(
            first + "  STOPPED         [sim-1, cn-beijing-b, env=dev, role=worker]",
            second + "  STOPPED         [sim-2, cn-beijing-c, env=dev, role=web]");
  }

  @Test
  void waitTimeout_unconfirmed() {
    simulator.add(SimulatedInstance.builder("i-stubborn").neverSettles().build());

    assertThat(terminal.stop(simulator, "--wait-timeout", "100ms", "i-stubborn")).isEqualTo(1);
    assertThat(terminal.outText()).contains("UNCONFIRMED", "not stopped within 100ms");
  }

  @Test
  void region_selectsTheInstances() {
    EcsSimulator shanghai = EcsSimulator.builder().region("cn-shanghai").instances(1).startNow();

    assertThat(terminal.stop(shanghai, "--no-wait", first)).isEqualTo(2);
    assertThat(terminal.stop(shanghai, "--no-wait", "--region", "cn-shanghai", first)).isZero();
    assertThat(
            new TestTerminal()
                .run("stop", "--simulate", "1", "--region", "cn-shanghai", "--no-wait"))
        .isZero();
    shanghai.dispose();
  }

  @Test
  void forceAndStoppedMode_areSent() throws IOException {
    try (RecordingServer server = new RecordingServer(200, RecordingServer.ACCEPTED)) {
      String[] plain = {
        "stop", "--endpoint", server.endpoint(), "--no-wait", "--no-protect-tag", first
      };
      String[] harsh = {
        "stop",
        "--endpoint",
        server.endpoint(),
        "--no-wait",
        "--no-protect-tag",
        first,
        "--force",
        "--stopped-mode",
        "StopCharging"
      };

      assertThat(terminal.run(plain)).isZero();
      assertThat(terminal.run(harsh)).isZero();

      assertThat(server.queries().get(0)).contains("ForceStop=false", "StoppedMode=KeepCharging");
      assertThat(server.queries().get(1)).contains("ForceStop=true", "StoppedMode=StopCharging");
    }
  }

  @Test
  void sameRunId_repeatsTheTokens() {
    terminal.stop(simulator, "--no-wait", "--run-id", "nightly", first);
    terminal.stop(simulator, "--no-wait", "--run-id", "nightly", first);
    terminal.stop(simulator, "--no-wait", second);
    terminal.stop(simulator, "--no-wait", second);

    assertThat(simulator.ledger().tokens(first)).hasSize(1);
    assertThat(simulator.ledger().tokens(second)).hasSize(2);
    assertThat(terminal.errText()).contains("Run id: nightly\n");
  }

  @Test
  void maxAttempts_boundsEachCall() {
    simulator.failAlways(first, GatewayErrors.INTERNAL_SERVICE_TIMEOUT);

    terminal.stop(simulator, "--output=jsonl", "--dry-run", "--max-attempts", "2", first);

    // The bound holds for each call; a call of unknown delivery is made five times.
    assertThat(terminal.outJson().get(0).get("attempts").asInt()).isEqualTo(10);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(10);
  }

  @Test
  void attemptTimeout_endsAHungAttempt() {
    simulator.faultAlways(first, Fault.HUNG_BEFORE);

    int exitCode =
        terminal.stop(
            simulator,
            "--output=jsonl",
            "--dry-run",
            "--attempt-timeout",
            "100ms",
            "--max-attempts=1",
            first);

    assertThat(exitCode).isEqualTo(1);
    assertThat(terminal.outText()).contains("UNCONFIRMED", "Client.AttemptTimeout");
    // Five attempts, each of which would take ten seconds by default.
    assertThat(terminal.outJson().get(0).get("elapsedMillis").asInt()).isLessThan(50_000);
  }

  @Test
  void deadline_endsAThrottledCall() {
    simulator.failAlways(first, GatewayErrors.FLOW_LIMIT_EXCEEDED);

    assertThat(terminal.stop(simulator, "--deadline", "300ms", first)).isEqualTo(1);
    assertThat(terminal.outText()).contains("FAILED").containsAnyOf("FlowLimit", "Deadline");
    assertThat(terminal.errText()).contains("throttled");
  }

  @Test
  void rateOptions_setRateBurstAndInFlight() {
    assertThat(limits("i-1")).isEqualTo(List.of(10.0, 1, 50.0, 64));
    assertThat(limits("--max-rate", "0.5", "i-1")).isEqualTo(List.of(0.5, 1, 50.0, 5));
    assertThat(limits("--rate", "20", "i-1")).isEqualTo(List.of(20.0, 1, 50.0, 64));
    assertThat(limits("--rate", "4", "i-1")).isEqualTo(List.of(4.0, 1, 50.0, 40));
    assertThat(limits("--rate", "4", "--burst", "3", "i-1")).isEqualTo(List.of(4.0, 3, 50.0, 40));
    assertThat(limits("--rate", "4", "--deadline", "3s", "i-1"))
        .isEqualTo(List.of(4.0, 1, 50.0, 6));
    assertThat(limits("--simulate", "9")).isEqualTo(List.of(500.0, 1, 1_000.0, 64));
    assertThat(limits("--simulate", "9", "--max-rate", "50"))
        .isEqualTo(List.of(50.0, 1, 1_000.0, 64));
    assertThat(limits("--simulate", "9", "--rate", "7", "--burst", "2", "--max-in-flight", "5"))
        .isEqualTo(List.of(7.0, 2, 1_000.0, 5));
    assertThat(limits("--max-describe-rate", "0.5", "i-1")).isEqualTo(List.of(10.0, 1, 0.5, 64));
  }

  private static List<Number> limits(String... args) {
    StopArguments options = CommandLine.populateCommand(new StopArguments(), args);
    RunLimits limits = RunLimits.of(options);
    return List.of(
        limits.stops().rate(),
        limits.stops().available(),
        ((AdaptiveRateLimiter) limits.describes()).ceiling(),
        limits.maxInFlight());
  }

  @Test
  void maxRate_isTheCeilingOfTheAdaptiveRate() {
    assertThat(ceiling("i-1")).isEqualTo(100);
    assertThat(ceiling("--max-rate", "250", "i-1")).isEqualTo(250);
    assertThat(ceiling("--simulate", "9")).isEqualTo(1_000);
    assertThat(ceiling("--simulate", "9", "--max-rate", "30")).isEqualTo(30);
  }

  private static double ceiling(String... args) {
    StopArguments options = CommandLine.populateCommand(new StopArguments(), args);
    return ((AdaptiveRateLimiter) RunLimits.of(options).stops()).ceiling();
  }

  @Test
  void deadline_endsTheWaitForABusyInstance() {
    simulator.setCondition(first, Condition.LOCKED, Duration.ofHours(1));

    assertThat(terminal.stop(simulator, "--deadline", "300ms", first)).isEqualTo(1);
    assertThat(terminal.outText()).contains("FAILED", "OperationDenied.ResourceLocked");
  }

  @Test
  void maxInFlight_boundsConcurrentCalls() {
    simulator.setLatency(Duration.ofMillis(100));
    String[] args = simulator.ids().toArray(new String[30]);
    long start = System.nanoTime();

    args = with(with(with(args, "--yes"), "--no-wait"), "--rate=1000");
    assertThat(terminal.stop(simulator, with(args, "--max-in-flight=5"))).isZero();
    assertThat(System.nanoTime() - start).isGreaterThan(30 / 5 * 100_000_000L);
  }

  @Test
  void progress_showsRateAndThrottledShare() {
    RequestStats calls = new RequestStats(CallListener.NONE);
    EcsException refusal =
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED).build();
    calls.attemptFailed("StopInstance", 1, refusal, Context.empty());
    IntStream.range(0, 3)
        .forEach(i -> calls.callSucceeded("StopInstance", 1, Duration.ZERO, Context.empty()));
    StopArguments found = CommandLine.populateCommand(new StopArguments(), "i-1");
    StopArguments fixed = CommandLine.populateCommand(new StopArguments(), "--rate=5", "i-1");

    assertThat(RunLimits.of(found).describe(calls)).isEqualTo("quota about 10/s, 25.0% refused");
    assertThat(RunLimits.of(found).describe(new RequestStats(CallListener.NONE)))
        .isEqualTo("limit 10/s");
    assertThat(RunLimits.of(fixed).describe(calls)).isEqualTo("25.0% refused");
    assertThat(RunLimits.of(fixed).describe(new RequestStats(CallListener.NONE))).isEmpty();
  }

  @Test
  void fixedRate_isKept() {
    int calls = 10;
    String[] args = new String[calls + 6];
    args[0] = "--yes";
    args[1] = "--no-wait";
    args[2] = "--rate";
    args[3] = "20";
    args[4] = "--burst";
    args[5] = "1";
    IntStream.range(0, calls).forEach(i -> args[i + 6] = simulator.ids().get(i));
    long start = System.nanoTime();

    assertThat(terminal.stop(simulator, args)).isZero();

    assertThat(System.nanoTime() - start).isGreaterThan((calls - 1) * 50_000_000L);
  }

  @Test
  void json_hasExactlyTheDocumentedFields() {
    simulator.failNext(second, EcsErrors.INVALID_INSTANCE_NOT_FOUND, 1);

    assertThat(terminal.stop(simulator, "--yes", "--no-wait", "--output=jsonl", first, second))
        .isEqualTo(1);

    for (JsonNode object : terminal.outJson()) {
      assertThat(object.propertyNames())
          .containsExactly(
              "instanceId",
              "outcome",
              "errorCode",
              "httpStatus",
              "requestId",
              "attempts",
              "elapsedMillis",
              "message");
      boolean accepted = object.get("instanceId").asString().equals(first);
      assertThat(object.get("outcome").asString()).isEqualTo(accepted ? "ACCEPTED" : "FAILED");
      assertThat(object.get("errorCode").isNull()).isEqualTo(accepted);
      assertThat(object.get("httpStatus").isNull()).isEqualTo(accepted);
      assertThat(object.get("message").isNull()).isEqualTo(accepted);
      assertThat(object.get("requestId").isString()).isTrue();
      assertThat(object.get("attempts").isInt()).isTrue();
      assertThat(object.get("elapsedMillis").isIntegralNumber()).isTrue();
    }
    assertThat(terminal.outJson()).hasSize(2);
  }

  @Test
  void quiet_printsFailuresOnly() {
    terminal.terminals(Stream.STDERR, Stream.STDOUT);

    assertThat(terminal.stop(simulator, "--quiet", "--no-wait", first)).isZero();
    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText()).isEmpty();

    assertThat(terminal.stop(simulator, "--quiet", "--no-wait", "--allow-missing", "i-unknown"))
        .isEqualTo(1);
    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText()).contains("1 failed", "InvalidInstance.NotFound: 1");
  }

  @Test
  void quietWithJson_printsTheOutcomes() {
    assertThat(terminal.stop(simulator, "--quiet", "--no-wait", "--output=jsonl", first)).isZero();
    assertThat(terminal.outJson()).hasSize(1);
  }

  @Test
  void bar_printsFailuresAboveIt() {
    terminal.terminals(Stream.STDERR, Stream.STDOUT);
    String[] args = simulator.ids().toArray(new String[34]);
    args[30] = "i-unknown";
    args[31] = "--no-wait";
    args[32] = "--yes";
    args[33] = "--allow-missing";

    assertThat(terminal.stop(simulator, with(args, "--rate=1000"))).isEqualTo(1);
    assertThat(terminal.outLines()).singleElement().asString().startsWith("i-unknown");
    assertThat(terminal.errText())
        .contains("\r\u001b[KStopping", "31 instances, 30 accepted, 1 failed")
        .contains("A terminal lists the instances that failed; to list all, redirect stdout");
  }

  @Test
  void redirectedOutput_hasEveryOutcome() {
    terminal.terminals(Stream.STDERR);
    String[] args = with(simulator.ids().toArray(new String[30]), "--no-wait");

    assertThat(terminal.stop(simulator, with(with(args, "--yes"), "--rate=1000"))).isZero();
    assertThat(terminal.outLines()).hasSize(30);
    assertThat(terminal.errText()).contains("\r\u001b[KStopping");
  }

  @Test
  void verbose_hasNoBar() {
    terminal.terminals(Stream.STDERR, Stream.STDOUT);

    assertThat(terminal.stop(simulator, "--verbose", "--no-wait", first)).isZero();
    assertThat(terminal.outLines())
        .containsExactly(first + "  ACCEPTED        [sim-1, cn-beijing-b, env=dev, role=worker]");
    assertThat(terminal.errText()).doesNotContain("\r");
  }

  @Test
  void controlCharacters_areEscaped() throws IOException {
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"Bad\\u001b[2J\","
            + "\"Message\":\"gone\\u001b[2J\\r\\nfake line \\u009b\"}}}";
    try (RecordingServer server = new RecordingServer(400, body)) {
      String[] stop = {"stop", "--endpoint", server.endpoint(), "--no-protect-tag", first};
      assertThat(terminal.run(stop)).isEqualTo(1);
      assertThat(terminal.outLines()).hasSize(1);
      assertThat(terminal.outText() + terminal.errText())
          .contains("\\u001b[2J")
          .doesNotContain("\u001b")
          .doesNotContain("\u009b");
      TestTerminal json = TestTerminal.of(simulator);
      json.run(with(stop, "--output=jsonl"));
      assertThat(json.outLines()).hasSize(1);
      assertThat(json.outText()).doesNotContain("\u001b").doesNotContain("\u009b");
      assertThat(json.outJson().get(0).get("message").asString()).contains("gone\\u001b[2J");
    }
  }

  private static String[] with(String[] args, String more) {
    String[] all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = more;
    return all;
  }
}
