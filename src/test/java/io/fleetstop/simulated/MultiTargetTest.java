package io.fleetstop.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.MultiTargetRun;
import io.fleetstop.fleet.MultiTargetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.TargetOutcome;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.CloudSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import io.fleetstop.simulator.RandomFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two accounts in three regions, each with a quota of its own, one of them without permission. */
@Tag("long")
class MultiTargetTest {

  private static final Logger LOG = LoggerFactory.getLogger(MultiTargetTest.class);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> REGIONS = List.of("cn-beijing", "cn-shanghai", "cn-guangzhou");
  private static final List<Double> QUOTAS = List.of(40.0, 8.0, 25.0, 60.0, 15.0, 30.0);
  private static final int EACH = 100;

  @TempDir private Path directory;

  private static CloudSimulator cloud(UnaryOperator<CloudSimulator.Builder> change) {
    CloudSimulator.Builder builder =
        CloudSimulator.builder()
            .accounts(2)
            .regions(REGIONS)
            .instances(EACH)
            .all(target -> target.stopDelay(Duration.ofMillis(200)));
    return change.apply(builder).startNow();
  }

  private static CloudSimulator.Builder withQuotas(CloudSimulator.Builder builder) {
    int number = 0;
    for (String account : List.of("2100000001", "2100000002")) {
      for (String region : REGIONS) {
        Quota quota = Quota.tokenBucket(QUOTAS.get(number++), 5);
        builder.target(account, region, target -> target.quota("StopInstance", quota));
      }
    }
    return builder.target("2100000002", "cn-guangzhou", target -> target.denied(true));
  }

  private static Map<Target, EcsClient> clients(CloudSimulator cloud) {
    return clients(cloud, target -> RateLimiterRegistry.standard());
  }

  private static Map<Target, EcsClient> clients(
      CloudSimulator cloud, Function<Target, RateLimiterRegistry> pace) {
    Map<Target, EcsClient> clients = new LinkedHashMap<>();
    for (String account : cloud.accounts()) {
      CredentialsProvider key =
          CredentialsProvider.fixed(
              Credentials.of(cloud.accessKeyId(account), cloud.secretAccessKey()));
      for (String region : cloud.regions()) {
        clients.put(
            new Target(account, region),
            EcsClient.builder()
                .account(account)
                .region(region)
                .endpoint(cloud.endpoint())
                .credentials(key)
                .rateLimiters(pace.apply(new Target(account, region)))
                .build());
      }
    }
    return clients;
  }

  private static RateLimiterRegistry fixedPace(Target target) {
    int number =
        REGIONS.indexOf(target.region()) + (target.account().endsWith("1") ? 0 : REGIONS.size());
    return RateLimiterRegistry.of(
        scope ->
            scope.action().equals("StopInstance")
                ? RateLimiter.tokenBucket(QUOTAS.get(number), 1)
                : RateLimiterRegistry.describeLimiter(50));
  }

  private static List<InstanceId> ids(CloudSimulator cloud, Target target) {
    return cloud.ids(target.account(), target.region()).stream().map(InstanceId::of).toList();
  }

  private static Map<Target, Flux<InstanceId>> ids(CloudSimulator cloud, Iterable<Target> targets) {
    Map<Target, Flux<InstanceId>> ids = new LinkedHashMap<>();
    targets.forEach(target -> ids.put(target, Flux.fromIterable(ids(cloud, target))));
    return ids;
  }

  private static ShutdownOptions.Builder options() {
    return ShutdownOptions.builder()
        .protectTag("")
        .runId("night")
        .maxInFlight(6 * 64)
        .failureLimit(FailureLimit.none())
        .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(200)));
  }

  private static boolean isDenied(Target target) {
    return target.toString().equals("2100000002/cn-guangzhou");
  }

  private static Duration time(CloudSimulator cloud, Target... only) {
    // A fixed pace takes the same time each time; that of an adaptive one varies by a tenth.
    Map<Target, EcsClient> clients = clients(cloud, MultiTargetTest::fixedPace);
    if (only.length > 0) {
      clients.keySet().retainAll(List.of(only));
    }
    long start = System.nanoTime();
    MultiTargetRun run =
        FleetShutdown.across(clients)
            .options(options().build())
            .continueOnTargetError(true)
            .build()
            .run(ids(cloud, clients.keySet()));
    List<TargetOutcome> outcomes =
        Objects.requireNonNull(run.outcomes().collectList().block(PATIENCE));
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    assertOutcomesAgreeWithLedgers(cloud, clients, outcomes);
    close(clients);
    return elapsed;
  }

  private static void assertOutcomesAgreeWithLedgers(
      CloudSimulator cloud, Map<Target, EcsClient> clients, List<TargetOutcome> outcomes) {
    for (Target target : clients.keySet()) {
      Ledger ledger = cloud.ledger(target.account(), target.region());
      Map<Kind, Long> kinds =
          outcomes.stream()
              .filter(outcome -> outcome.target().equals(target))
              .collect(
                  Collectors.groupingBy(
                      outcome -> outcome.outcome().kind(), Collectors.counting()));
      assertThat(kinds)
          .as(target.toString())
          .isEqualTo(Map.of(isDenied(target) ? Kind.FAILED : Kind.STOPPED, (long) EACH));
      assertThat(ledger.effects()).isEqualTo(isDenied(target) ? 0 : EACH);
      assertThat(ledger.stoppedRepeatedly()).isEmpty();
    }
  }

  private static void close(Map<Target, EcsClient> clients) {
    Flux.fromIterable(clients.values()).flatMap(EcsClient::closeAsync).blockLast(PATIENCE);
  }

  @Test
  @Timeout(180)
  void slowestTarget_decidesTheTimeOfAll() {
    CloudSimulator alone = cloud(MultiTargetTest::withQuotas);
    CloudSimulator all = cloud(MultiTargetTest::withQuotas);

    CloudSimulator warmUp = cloud(MultiTargetTest::withQuotas);
    time(warmUp, new Target("2100000002", "cn-beijing"));
    Duration slowest = time(alone, new Target("2100000001", "cn-shanghai"));
    Duration together = time(all);

    LOG.info("the slowest target alone takes {}, all together take {}", slowest, together);
    assertThat(together.toMillis()).isLessThanOrEqualTo(slowest.toMillis() * 110 / 100);
    Mono.when(warmUp.disposeLater(), alone.disposeLater(), all.disposeLater()).block(PATIENCE);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  @Timeout(180)
  void endedRuns_areResumedInEveryTarget(long seed) throws Exception {
    RandomFaults faults =
        RandomFaults.builder()
            .actions("StopInstance")
            .fault(Fault.LOST_REPLY, 0.03)
            .fault(Fault.RESET_BEFORE, 0.03)
            .fault(Fault.HTML_502_AFTER, 0.03)
            .build();
    CloudSimulator cloud =
        cloud(
            builder ->
                builder
                    .all(target -> target.faults(faults).seed(seed))
                    .target("2100000002", "cn-guangzhou", target -> target.denied(true)));
    Random random = new Random(seed);
    Path file = directory.resolve("run-" + seed + ".jsonl");
    List<TargetOutcome> outcomes = new ArrayList<>();
    for (int life = 0; life < 4; life++) {
      outcomes.addAll(live(cloud, file, life == 3 ? Integer.MAX_VALUE : random.nextInt(60, 150)));
      if (life < 3) {
        Files.writeString(
            file, "{\"at\":\"2026-".substring(0, random.nextInt(13)), StandardOpenOption.APPEND);
      }
    }

    for (String account : cloud.accounts()) {
      for (String region : cloud.regions()) {
        Target target = new Target(account, region);
        Ledger ledger = cloud.ledger(account, region);
        List<InstanceId> done =
            outcomes.stream()
                .filter(outcome -> outcome.target().equals(target))
                .map(TargetOutcome::outcome)
                .filter(ShutdownOutcome::isSuccess)
                .map(ShutdownOutcome::instanceId)
                .toList();
        assertThat(done).as("seed %s, %s", seed, target).doesNotHaveDuplicates();
        assertThat(ledger.effects()).isEqualTo(isDenied(target) ? 0 : EACH);
        assertThat(ledger.stoppedRepeatedly()).isEmpty();
        for (InstanceId id : ids(cloud, target)) {
          assertThat(ledger.tokens(id.value())).hasSizeLessThanOrEqualTo(1);
        }
      }
    }
    ShutdownJournal end =
        Objects.requireNonNull(ShutdownJournal.resume(file, options().build()).block(PATIENCE));
    assertThat(end.state().completed()).isEqualTo(5 * EACH);
    end.disposeLater().then(cloud.disposeLater()).block(PATIENCE);
  }

  /** Runs until there are some outcomes, and then cancels: as by a kill, replies are lost. */
  private static List<TargetOutcome> live(CloudSimulator cloud, Path file, int outcomes)
      throws InterruptedException {
    Map<Target, EcsClient> clients = clients(cloud);
    Mono<ShutdownJournal> opening =
        Files.exists(file)
            ? ShutdownJournal.resume(file, options().build())
            : ShutdownJournal.create(file, options().build());
    ShutdownJournal journal = Objects.requireNonNull(opening.block(PATIENCE));
    MultiTargetShutdown shutdown =
        FleetShutdown.across(clients).journal(journal).continueOnTargetError(true).build();
    List<TargetOutcome> taken = new CopyOnWriteArrayList<>();
    CountDownLatch ended = new CountDownLatch(1);
    Disposable run =
        shutdown
            .stop(ids(cloud, clients.keySet()))
            .doFinally(end -> ended.countDown())
            .subscribe(
                outcome -> {
                  taken.add(outcome);
                  if (taken.size() >= outcomes) {
                    ended.countDown();
                  }
                });
    assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    run.dispose();
    journal.disposeLater().block(PATIENCE);
    close(clients);
    return List.copyOf(taken);
  }
}
