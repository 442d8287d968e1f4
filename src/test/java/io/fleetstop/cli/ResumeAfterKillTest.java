package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.RandomFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Repeated {@code kill -9}, each followed by {@code --resume}. */
@Tag("long")
class ResumeAfterKillTest {

  private static final Logger LOG = LoggerFactory.getLogger(ResumeAfterKillTest.class);

  private static final int FLEET = 2_000;
  private static final int KILLS = 20;
  private static final int MAX_LIFE_MILLIS = 1_000;

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(FLEET)
          .stopDelay(Duration.ofMillis(100))
          .latency(Duration.ofMillis(100))
          .faults(faults("StopInstance"))
          .startNow();
  private final long seed = Long.getLong("fleetstop.seed", 20_261_129L);
  private final Random random = new Random(seed);
  private final JsonMapper json = new JsonMapper();

  @TempDir private Path directory;

  private static RandomFaults faults(String action) {
    return RandomFaults.builder()
        .actions(action)
        .fault(Fault.HUNG_BEFORE, 0.02)
        .fault(Fault.HUNG, 0.02)
        .fault(Fault.LOST_REPLY, 0.02)
        .build();
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  @Tag("guarantee:resume")
  @Test
  @Timeout(180)
  void killedRuns_loseAndRepeatNoInstance() throws IOException, InterruptedException {
    Path journal = directory.resolve("run.jsonl");

    List<Path> outputs = killAndResume(journal, KILLS / 4, "--rate=120", "--burst=10");

    assertThatEachWasStoppedOnce(journal, outputs);
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().tokens(id)).hasSize(1));
    assertThatCallsWereRepeated();
  }

  @Tag("guarantee:resume")
  @Test
  @Timeout(180)
  void killedRunsInBatches_loseAndRepeatNoInstance() throws IOException, InterruptedException {
    simulator.setFaults(faults("StopInstances"));
    Path journal = directory.resolve("run.jsonl");

    List<Path> outputs = killAndResume(journal, KILLS, "--rate=10", "--burst=2", "--batch=20");

    assertThatEachWasStoppedOnce(journal, outputs);
    assertThat(simulator.ledger().calls("StopInstances")).isGreaterThan(FLEET / 20);
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.ledger().effectTokens(id)).hasSize(1));
  }

  /**
   * Kills the run again and again, and lets the last process end it; returns the outputs.
   *
   * @param repeating the process that lives until it has repeated a call whose reply was lost
   */
  private List<Path> killAndResume(Path journal, int repeating, String... pace)
      throws IOException, InterruptedException {
    LOG.info("kill moments by -Dfleetstop.seed={}", seed);
    Path ids = Files.write(directory.resolve("ids.txt"), simulator.ids());
    List<Path> outputs = new ArrayList<>();
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
      Path out = directory.resolve("out-" + i);
      outputs.add(out);
      killed += runAndKill(start(ids, journal, out, pace), i == repeating) ? 1 : 0;
    }
    assertThat(killed).isEqualTo(KILLS);
    Path last = directory.resolve("out-last");
    outputs.add(last);
    simulator.setFaults(RandomFaults.none());
    List<String> fast = new ArrayList<>(List.of(pace));
    fast.set(0, "--rate=1000");
    Process end = start(ids, journal, last, fast.toArray(new String[0]));
    assertThat(end.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(end.exitValue()).as(this::errors).isZero();
    return outputs;
  }

  private void assertThatEachWasStoppedOnce(Path journal, List<Path> outputs) throws IOException {
    assertThat(successes(journal))
        .hasSize(FLEET)
        .allSatisfy((id, count) -> assertThat(count).as(id).isEqualTo(1));
    assertThat(outcomesPerInstance(outputs))
        .allSatisfy((id, count) -> assertThat(count).as(id).isEqualTo(1));
    assertThat(simulator.ledger().effects()).isEqualTo(FLEET);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
    assertThat(simulator.ids())
        .allSatisfy(id -> assertThat(simulator.status(id)).isEqualTo("STOPPED"));
  }

  /**
   * A call that hung when its process was killed is repeated by the next process if it had no
   * effect, and is the last call of its instance if it had one. No process lives as long as an
   * attempt. A call whose reply was lost is repeated by the same process, if it lives on.
   */
  private void assertThatCallsWereRepeated() {
    Ledger ledger = simulator.ledger();
    List<Ledger.Call> calls = ledger.recent("StopInstance");
    Map<String, Ledger.Call> last =
        calls.stream()
            .collect(
                Collectors.toMap(
                    call -> Objects.requireNonNull(call.instanceId()), call -> call, (a, b) -> b));
    assertThat(instances(calls, Fault.HUNG_BEFORE))
        .isNotEmpty()
        .allSatisfy(id -> assertThat(ledger.stopCalls(id)).as(id).isGreaterThan(1));
    assertThat(instances(calls, Fault.HUNG))
        .isNotEmpty()
        .allSatisfy(id -> assertThat(faultOf(last, id)).as(id).isEqualTo(Fault.HUNG));
    assertThat(isLostCallRepeated()).isTrue();
    LOG.info("{} stop calls for {}, {}", calls.size(), FLEET, ledger);
  }

  private boolean isLostCallRepeated() {
    Ledger ledger = simulator.ledger();
    return instances(ledger.recent("StopInstance"), Fault.LOST_REPLY).stream()
        .anyMatch(id -> ledger.stopCalls(id) > 1);
  }

  private static @Nullable Fault faultOf(Map<String, Ledger.Call> last, String id) {
    return Objects.requireNonNull(last.get(id)).fault();
  }

  private static Set<String> instances(List<Ledger.Call> calls, Fault fault) {
    return calls.stream()
        .filter(call -> call.fault() == fault)
        .map(call -> Objects.requireNonNull(call.instanceId()))
        .collect(Collectors.toSet());
  }

  private Process start(Path ids, Path journal, Path out, String... pace) throws IOException {
    List<String> args = new ArrayList<>(List.of(pace));
    args.addAll(List.of("--ids-file", ids.toString(), "--journal", journal.toString()));
    // Describing the tags of so many instances would outlast some of the processes.
    args.addAll(List.of("--yes", "--output=jsonl", "--quiet", "--no-protect-tag"));
    args.addAll(List.of("--attempt-timeout=100s", "--deadline=200s"));
    if (Files.exists(journal)) {
      args.add("--resume");
    }
    return ChildProcess.stop(simulator, args.toArray(new String[0]))
        .redirectOutput(out.toFile())
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  /** Kills a process some time after its first call; one in five may be killed before it. */
  private boolean runAndKill(Process process, boolean untilRepeated)
      throws IOException, InterruptedException {
    boolean diesYoung = !untilRepeated && random.nextInt(5) == 0;
    long calls = simulator.calls();
    while (!diesYoung && simulator.calls() == calls) {
      assertThat(process.waitFor(2, TimeUnit.MILLISECONDS)).as(this::errors).isFalse();
    }
    while (untilRepeated && !isLostCallRepeated()) {
      assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as(this::errors).isFalse();
    }
    boolean ended = process.waitFor(random.nextInt(MAX_LIFE_MILLIS), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    return !ended;
  }

  private String errors() {
    try {
      return Files.readString(directory.resolve("err"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Returns the number of successes of each instance in the journal. */
  private Map<String, Integer> successes(Path journal) throws IOException {
    return count(
        Files.readAllLines(journal).stream()
            .map(json::readTree)
            .filter(line -> line.path("event").asString("").equals("outcome"))
            .filter(line -> line.path("final").booleanValue())
            .filter(line -> line.path("outcome").stringValue().endsWith("STOPPED"))
            .toList());
  }

  /** Returns the number of outcomes printed for each instance; a last line may be cut off. */
  private Map<String, Integer> outcomesPerInstance(List<Path> outputs) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (Path output : outputs) {
      String text = Files.readString(output, StandardCharsets.UTF_8);
      text.substring(0, text.lastIndexOf('\n') + 1).lines().map(json::readTree).forEach(lines::add);
    }
    return count(lines);
  }

  private static Map<String, Integer> count(List<JsonNode> lines) {
    return lines.stream()
        .collect(
            Collectors.toMap(
                line -> line.path("instanceId").stringValue(), line -> 1, Integer::sum));
  }
}
