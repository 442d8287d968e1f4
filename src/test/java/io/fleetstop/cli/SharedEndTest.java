package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How a machine's part in a shared run ends early: what it did is printed, and reported. */
@Tag("long")
class SharedEndTest {

  private static final int FLEET = 20;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final TestRedis redis = TestRedis.start();
  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(FLEET).stopDelay(Duration.ofHours(1)).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;
  private Path report = Path.of("");
  private Path note = Path.of("");
  private String runId = "";

  @BeforeEach
  void name(TestInfo test) {
    runId = test.getDisplayName().replaceAll("[^a-zA-Z]", "");
    report = directory.resolve("run.html");
    note = directory.resolve("note");
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
    redis.close();
  }

  private CompletableFuture<Integer> stop(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("--yes", "--redis", redis.url(), "--run-id", runId, "--no-protect-tag"));
    args.addAll(List.of("--output=jsonl", "--report", report.toString()));
    args.add("--notify-command=cat > " + note);
    args.addAll(more.length == 0 ? List.of("--rate=200") : List.of(more));
    args.addAll(simulator.ids());
    return CompletableFuture.supplyAsync(
        () -> terminal.stop(simulator, args.toArray(new String[0])));
  }

  private static int end(CompletableFuture<Integer> run) {
    return run.orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** Waits until the service has accepted instances, and the process knows it. */
  private void awaitAccepted(int count) {
    Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .takeUntil(tick -> simulator.ledger().effects() >= count)
        .delaySequence(Duration.ofMillis(300))
        .blockLast(LIMIT);
  }

  private void assertEachUnconfirmedOnce() {
    assertThat(terminal.outJson())
        .allMatch(line -> line.get("outcome").stringValue().equals("UNCONFIRMED"))
        .extracting(line -> line.get("instanceId").stringValue())
        .containsExactlyInAnyOrderElementsOf(simulator.ids());
    assertThat(terminal.errText()).contains(": 20 instances, 20 unconfirmed\n");
  }

  private void assertReported() throws IOException {
    assertThat(Files.readString(report))
        .contains(simulator.ids())
        .contains("\"outcomes\":{\"UNCONFIRMED\":20}");
    JsonNode notified = new JsonMapper().readTree(Files.readString(note));
    assertThat(notified.get("report").stringValue()).isEqualTo(report.toString());
    assertThat(notified.get("outcomes").get("UNCONFIRMED").intValue()).isEqualTo(FLEET);
  }

  @Test
  void interrupted_reportsEveryAccepted() throws IOException {
    CompletableFuture<Integer> run = stop();
    awaitAccepted(FLEET);
    terminal.interrupt();

    assertThat(end(run)).as(terminal::errText).isEqualTo(130);
    assertEachUnconfirmedOnce();
    assertReported();
    assertThat(Files.readString(report)).contains("\"code\":130");
    TestTerminal status = new TestTerminal();
    status.run("status", "--redis", redis.url(), "--run-id", runId);
    assertThat(status.outText()).contains("20 open", "0 workers");
  }

  /** A drain of the whole run, by another machine. */
  @Test
  void drained_leavesEveryAcceptedUnconfirmed() throws IOException {
    CompletableFuture<Integer> run = stop();
    awaitAccepted(FLEET);
    new TestTerminal().run("drain", "--redis", redis.url(), "--run-id", runId);

    assertThat(end(run)).as(terminal::errText).isEqualTo(130);
    assertEachUnconfirmedOnce();
    assertReported();
    assertThat(terminal.errText())
        .contains(
            "Resume the run with: fleetstop resume --redis "
                + redis.url()
                + " --run-id "
                + runId
                + ", then join it on each machine with: fleetstop stop ");
  }

  @Test
  void lostRun_reportsWhatIsKnown() throws IOException {
    CompletableFuture<Integer> run = stop("--no-wait", "--rate=10");
    awaitAccepted(5);
    redis.kill();
    redis.restart();

    assertThat(end(run)).as(terminal::errText).isEqualTo(4);
    List<String> known =
        terminal.outJson().stream()
            .filter(line -> !line.get("outcome").stringValue().equals("SKIPPED"))
            .map(line -> line.get("instanceId").stringValue())
            .toList();
    assertThat(known)
        .hasSizeGreaterThanOrEqualTo(5)
        .containsExactlyInAnyOrderElementsOf(simulatorStopped());
    assertThat(Files.readString(report)).contains(known).contains("Redis has lost the run");
    assertThat(Files.readString(note)).contains("\"report\":\"" + report + "\"");
    assertThat(terminal.errText())
        .contains("The run is lost, so it cannot be resumed.", "another --run-id")
        .doesNotContain("another --journal");
    String summary = terminal.errText().substring(terminal.errText().indexOf("Ended early"));
    assertThat(summary).doesNotContain("Resume with");
  }

  /** It is there, and cannot be used: nothing of it is lost or to be resumed. */
  @ParameterizedTest
  @CsvSource({"STOPPED 3, counts 23 outcomes", "state no-state, its keys in Redis are not those"})
  void damagedRun_isReportedAsDamaged(String field, String message) throws IOException {
    CompletableFuture<Integer> run = stop("--no-wait", "--rate=10");
    awaitAccepted(5);
    redis.write("fleetstop:{" + runId + "}", field.split(" ", -1)[0], field.split(" ", -1)[1]);

    assertThat(end(run)).as(terminal::errText).isEqualTo(4);
    assertThat(terminal.errText())
        .contains(message, "The run is damaged, so it cannot be resumed.", "another --run-id")
        .doesNotContain("The run is lost", "Resume with");
    assertThat(Files.readString(report)).contains("The run in Redis is damaged");
    TestTerminal status = new TestTerminal();
    status.run("status", "--redis", redis.url(), "--run-id", runId);
    assertThat(status.outText() + status.errText()).contains(message);
  }

  private List<String> simulatorStopped() {
    return simulator.ids().stream().filter(id -> !simulator.status(id).equals("RUNNING")).toList();
  }

  @Test
  void silentRedis_interruptEndsSoon() throws IOException {
    CompletableFuture<Integer> run = stop();
    awaitAccepted(FLEET);
    redis.suspend();
    try {
      terminal.interrupt();
      assertThat(end(run)).as(terminal::errText).isEqualTo(130);
    } finally {
      redis.resume();
    }
    assertEachUnconfirmedOnce();
    assertReported();
    assertThat(terminal.errText())
        .contains("When Redis answers again, resume with: fleetstop stop");
  }

  @Test
  void absentRedis_interruptEndsSoon() throws IOException {
    CompletableFuture<Integer> run = stop("--max-in-flight=4", "--rate=10");
    awaitAccepted(5);
    redis.kill();
    terminal.interrupt();

    assertThat(end(run)).as(terminal::errText).isEqualTo(130);
    List<String> known =
        terminal.outJson().stream().map(line -> line.get("instanceId").stringValue()).toList();
    assertThat(known).containsAll(simulatorStopped()).doesNotHaveDuplicates();
    assertThat(Files.readString(report)).contains(known);
  }

  /** What this machine saw is reported, whatever another program writes into the outcomes. */
  @Test
  void forgedOutcomes_neitherReplaceNorFloodTheReport() throws IOException {
    CompletableFuture<Integer> run = stop("--no-wait", "--rate=10");
    awaitAccepted(5);
    String forged = simulator.ids().get(0);
    RedisClient client = RedisClient.create(redis.url());
    try {
      for (int i = 0; i < 3; i++) {
        String outcomes = "fleetstop:{" + runId + "}:outcomes";
        client.connect().sync().xadd(outcomes, Map.of("o", "S" + forged + "\t1\t5"));
      }
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    end(run);
    assertThat(terminal.errText())
        .contains(
            "warning: Redis has 3 outcomes more than the run has instances", "Only the first 20")
        .contains("for 1 instance, for example " + forged + ": STOPPED in Redis, ACCEPTED here");
    assertThat(Files.readString(report))
        .contains("\"outcomes\":{\"ACCEPTED\":20}", "something else has written to it");
    TestTerminal shown = new TestTerminal();
    shown.run("show", "--redis", redis.url(), "--run-id", runId);
    assertThat(shown.outText()).contains("Redis has 3 outcomes more than the run has instances");
  }

  @Test
  void redisThatIsAway_isPrintedOnceAndWhenItIsBack() {
    try (TestRedis kept = TestRedis.start("--appendonly", "yes", "--appendfsync", "always")) {
      List<String> args =
          new ArrayList<>(
              List.of("--yes", "--redis", kept.url(), "--run-id", runId, "--no-protect-tag"));
      args.addAll(List.of("--no-wait", "--rate=10"));
      args.addAll(simulator.ids());
      CompletableFuture<Integer> run =
          CompletableFuture.supplyAsync(
              () -> terminal.stop(simulator, args.toArray(new String[0])));
      awaitAccepted(5);
      kept.kill();
      Mono.delay(Duration.ofMillis(700)).block(LIMIT);
      kept.restart();
      assertThat(end(run)).as(terminal::errText).isZero();
    }
    assertThat(terminal.errText())
        .containsOnlyOnce("Redis is away: this machine sends no stop call until it is back")
        .containsOnlyOnce("Redis is back");
  }

  @Test
  void unwritableReport_stopsNothing() {
    report = directory.resolve("missing/run.html");
    assertThat(end(stop())).isEqualTo(2);
    assertThat(terminal.errText()).contains("--report");
    assertThat(simulator.ledger().effects()).isZero();
  }
}
