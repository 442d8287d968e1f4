package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.CloudSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import io.fleetstop.simulator.RandomFaults;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code kill -9} of a run over two accounts in three regions, which have different quotas, lose
 * replies and hang; one of them has no permission. 10 seeds by {@code -Dtargets.seeds=10}.
 */
@Tag("long")
class MultiTargetKillTest {

  private static final List<String> REGIONS = List.of("cn-beijing", "cn-shanghai", "cn-guangzhou");
  private static final List<Double> QUOTAS = List.of(80.0, 20.0, 60.0, 100.0, 40.0, 60.0);
  private static final String DENIED = "2100000002/cn-guangzhou";
  private static final int EACH = 12;
  private static final int OTHERS = 2;
  private static final int ALL = 5 * EACH;

  @TempDir private Path directory;

  private final JsonMapper json = new JsonMapper();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("targets.seeds", 1));
  }

  @Tag("guarantee:resume")
  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(120)
  void killedStopsAndStarts_areResumedInEveryTarget(long seed) throws Exception {
    CloudSimulator cloud = cloud(seed);
    try {
      Random random = new Random(seed);
      kill(stop(cloud, seed, 0), cloud, seed, Ledger::effects, 3 + random.nextInt(20));
      kill(stop(cloud, seed, 1), cloud, seed, Ledger::effects, 26 + random.nextInt(30));
      assertThat(exitCode(stop(cloud, seed, 2))).as(() -> errors(seed)).isEqualTo(1);

      Map<String, Map<String, Integer>> printed = printed(seed);
      Map<String, Map<String, Integer>> journaled = journaled(journal(seed));
      for (String account : cloud.accounts()) {
        for (String region : REGIONS) {
          String target = account + "/" + region;
          Ledger ledger = cloud.ledger(account, region);
          List<String> ids = target.equals(DENIED) ? List.of() : ids(target);
          assertThat(ledger.effects()).as("seed %s, %s", seed, target).isEqualTo(ids.size());
          assertThat(ledger.stoppedRepeatedly()).isEmpty();
          assertThat(ids)
              .allSatisfy(id -> assertThat(cloud.status(account, region, id)).isEqualTo("STOPPED"))
              .allSatisfy(id -> assertThat(ledger.tokens(id)).hasSize(1));
          assertThat(journaled.getOrDefault(target, Map.of()).keySet())
              .containsExactlyInAnyOrderElementsOf(ids);
          assertThat(journaled.getOrDefault(target, Map.of()).values())
              .allMatch(count -> count == 1);
          assertThat(printed.getOrDefault(target, Map.of()).values()).allMatch(count -> count == 1);
        }
      }
      killAndResumeStart(cloud, seed, random);
    } finally {
      cloud.disposeLater().block(Duration.ofSeconds(10));
    }
  }

  /** Starts everything again, by a process that is killed and one that resumes it. */
  private void killAndResumeStart(CloudSimulator cloud, long seed, Random random) throws Exception {
    long enough = 5L + random.nextInt(40);
    kill(start(cloud, seed), cloud, seed, ledger -> ledger.calls("StartInstance"), enough);
    assertThat(exitCode(start(cloud, seed, "--resume"))).as(() -> errors(seed)).isZero();
    for (String account : cloud.accounts()) {
      for (String region : REGIONS) {
        String target = account + "/" + region;
        assertThat(target.equals(DENIED) ? List.<String>of() : ids(target))
            .as("seed %s", seed)
            .allSatisfy(id -> assertThat(cloud.status(account, region, id)).isEqualTo("RUNNING"))
            .allSatisfy(id -> assertThat(cloud.ledger(account, region).starts(id)).isEqualTo(1));
      }
    }
  }

  private Process start(CloudSimulator cloud, long seed, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of(more));
    cloud.accounts().forEach(account -> args.add("--role-trn=" + cloud.roleTrn(account)));
    args.addAll(List.of("--journal", journal(seed).toString(), "--yes"));
    args.addAll(List.of("--attempt-timeout=500ms", "--deadline=20s"));
    return ChildProcess.run("start", cloud, args.toArray(new String[0]))
        .redirectOutput(directory.resolve("started-" + seed).toFile())
        .redirectError(directory.resolve("err-" + seed).toFile())
        .start();
  }

  private static CloudSimulator cloud(long seed) {
    RandomFaults faults =
        RandomFaults.builder()
            .actions("StopInstance", "StartInstance")
            .fault(Fault.LOST_REPLY, 0.03)
            .fault(Fault.HUNG_BEFORE, 0.02)
            .fault(Fault.HUNG, 0.02)
            .build();
    CloudSimulator.Builder builder =
        CloudSimulator.builder()
            .accounts(2)
            .regions(REGIONS)
            .instances(OTHERS)
            .all(
                target ->
                    target
                        .seed(seed)
                        .faults(faults)
                        .latency(Duration.ofMillis(20))
                        .stopDelay(Duration.ofMillis(100))
                        .startDelay(Duration.ofMillis(100)));
    int number = 0;
    for (String account : List.of("2100000001", "2100000002")) {
      for (String region : REGIONS) {
        Quota quota = Quota.tokenBucket(QUOTAS.get(number++), 5);
        builder.target(
            account,
            region,
            target -> {
              target.quota("StopInstance", quota).quota("StartInstance", quota);
              ids(account + "/" + region)
                  .forEach(
                      id ->
                          target.instance(
                              SimulatedInstance.builder(id).tag("schedule", "office").build()));
            });
      }
    }
    return builder.target("2100000002", "cn-guangzhou", target -> target.denied(true)).startNow();
  }

  /** Returns the instances of a target that have the tag. */
  private static List<String> ids(String target) {
    return IntStream.range(0, EACH)
        .mapToObj(number -> "i-" + target.replace('/', '-') + "-" + number)
        .toList();
  }

  private Path journal(long seed) {
    return directory.resolve("run-" + seed + ".jsonl");
  }

  private Process stop(CloudSimulator cloud, long seed, int life) throws IOException {
    List<String> args = new ArrayList<>();
    cloud.accounts().forEach(account -> args.add("--role-trn=" + cloud.roleTrn(account)));
    args.addAll(List.of("--region", String.join(",", REGIONS), "--tag=schedule=office"));
    args.addAll(List.of("--yes", "--max-instances=" + ALL, "--continue-on-target-error"));
    args.addAll(List.of("--journal", journal(seed).toString(), "--output=jsonl"));
    args.addAll(List.of("--attempt-timeout=500ms", "--deadline=20s"));
    if (life > 0) {
      args.add("--resume");
    }
    return ChildProcess.run("stop", cloud, args.toArray(new String[0]))
        .redirectOutput(directory.resolve("out-" + seed + "-" + life).toFile())
        .redirectError(directory.resolve("err-" + seed).toFile())
        .start();
  }

  /** Kills a process once the service has seen so many effects. */
  private void kill(
      Process process, CloudSimulator cloud, long seed, ToLongFunction<Ledger> effects, long enough)
      throws InterruptedException {
    try {
      while (sum(cloud, effects) < enough) {
        assertThat(process.waitFor(2, TimeUnit.MILLISECONDS))
            .as(() -> "ended early; " + errors(seed))
            .isFalse();
      }
    } finally {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static long sum(CloudSimulator cloud, ToLongFunction<Ledger> effects) {
    return cloud.accounts().stream()
        .flatMap(account -> REGIONS.stream().map(region -> cloud.ledger(account, region)))
        .mapToLong(effects)
        .sum();
  }

  private static int exitCode(Process process) throws InterruptedException {
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private String errors(long seed) {
    try {
      return "seed " + seed + ": " + Files.readString(directory.resolve("err-" + seed));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Returns the final successes in a journal: target, instance, number. */
  private Map<String, Map<String, Integer>> journaled(Path journal) throws IOException {
    return counts(
        Files.readAllLines(journal).stream()
            .map(json::readTree)
            .filter(line -> line.path("event").asString("").equals("outcome"))
            .filter(line -> line.path("final").booleanValue())
            .filter(line -> line.path("outcome").stringValue().endsWith("STOPPED"))
            .toList());
  }

  /** Returns the outcomes of all processes; the last line of one may be cut off. */
  private Map<String, Map<String, Integer>> printed(long seed) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (int life = 0; life < 3; life++) {
      String text = Files.readString(directory.resolve("out-" + seed + "-" + life));
      text.substring(0, text.lastIndexOf('\n') + 1).lines().map(json::readTree).forEach(lines::add);
    }
    return counts(lines);
  }

  private static Map<String, Map<String, Integer>> counts(List<JsonNode> lines) {
    Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
    for (JsonNode line : lines) {
      counts
          .computeIfAbsent(
              line.path("account").stringValue() + "/" + line.path("region").stringValue(),
              target -> new LinkedHashMap<>())
          .merge(line.path("instanceId").stringValue(), 1, Integer::sum);
    }
    return counts;
  }
}
