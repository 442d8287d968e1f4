package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written into Redis makes no worker stop an instance that has a tag that protects it. */
@Tag("long")
@Tag("guarantee:protection")
class SharedProtectionTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @SuppressWarnings("NullAway.Init")
  private static TestRedis redis;

  private final EcsSimulator service =
      EcsSimulator.builder()
          .instance("i-free", "RUNNING")
          .instance(SimulatedInstance.builder("i-db").tag("fleetstop:protect", "").build())
          .instance(SimulatedInstance.builder("i-keep").tag("keep", "on").build())
          .stopDelay(Duration.ofMillis(10))
          .startNow();
  private final EcsClient client =
      EcsClient.builder()
          .region(service.region())
          .endpoint(service.endpoint())
          .credentials(
              CredentialsProvider.fixed(
                  Credentials.of(service.accessKeyId(), service.secretAccessKey())))
          .build();
  private final RedisConnection connection = redis.connect();

  @BeforeAll
  static void startRedis() {
    redis = TestRedis.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @AfterEach
  void close() {
    client.closeAsync().block(LIMIT);
    connection.close().block(LIMIT);
    service.disposeLater().block(LIMIT);
  }

  private static ShutdownOptions options(String protectTag) {
    return ShutdownOptions.builder()
        .protectTag(protectTag)
        .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(20)))
        .build();
  }

  /** Loads one instance, and writes the others as another program would. */
  private RedisFleet forged(TestInfo test, SharedRunParameters parameters) {
    String runId = test.getDisplayName().replaceAll("[^a-zA-Z0-9]", "-");
    RedisFleet fleet = RedisFleet.of(connection, runId);
    fleet.load(parameters, List.of(InstanceId.of("i-free"))).block(LIMIT);
    RunKeys keys = new RunKeys(runId);
    connection
        .commands()
        .rpush(keys.all().get(1), "i-db", "i-keep")
        .then(connection.commands().hset(keys.head(), Map.of("total", "3")))
        .block(LIMIT);
    return fleet;
  }

  private static SharedRunParameters parameters(ShutdownOptions of) {
    return SharedRunParameters.of(of, Waves.none(), Duration.ZERO, "all");
  }

  private Map<String, Kind> outcomes(RedisFleet fleet, ShutdownOptions joining) {
    List<ShutdownOutcome> found = new ArrayList<>();
    fleet.join(client, joining).outcomes().doOnNext(found::add).blockLast(LIMIT);
    return found.stream()
        .collect(Collectors.toMap(one -> one.instanceId().value(), ShutdownOutcome::kind));
  }

  /** Either of the two tags protects, and no tag does only if neither side has one. */
  @ParameterizedTest(name = "run {0}, worker {1}")
  @CsvSource(
      textBlock =
          """
          fleetstop:protect, fleetstop:protect, SKIPPED, STOPPED
          fleetstop:protect, '',                SKIPPED, STOPPED
          '',                fleetstop:protect, SKIPPED, STOPPED
          keep,              fleetstop:protect, SKIPPED, SKIPPED
          keep,              '',                STOPPED, SKIPPED
          '',                '',                STOPPED, STOPPED
          """)
  void forgedId_isProtectedByEitherTag(String run, String worker, Kind db, Kind kept, TestInfo t) {
    assertThat(outcomes(forged(t, parameters(options(run))), options(worker)))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("i-free", Kind.STOPPED, "i-db", db, "i-keep", kept));
  }

  @ParameterizedTest(name = "value {0}")
  @CsvSource({"on, SKIPPED", "off, STOPPED"})
  void valueOfTheTag_isThatOfTheRun(String value, Kind kept, TestInfo test) {
    SharedRunParameters run = parameters(options("")).protectedBy("keep", value);
    assertThat(outcomes(forged(test, run), options("fleetstop:protect")))
        .containsEntry("i-db", Kind.SKIPPED)
        .containsEntry("i-keep", kept);
  }

  /** A run of an earlier version has no such field. */
  @Test
  void runWithoutTheField_isProtectedByTheStandardTag(TestInfo test) {
    RedisFleet fleet = forged(test, parameters(options("")));
    connection
        .commands()
        .hdel(
            new RunKeys(fleet.find().blockOptional(LIMIT).orElseThrow().runId()).head(), "protect")
        .block(LIMIT);
    assertThat(outcomes(fleet, options(""))).containsEntry("i-db", Kind.SKIPPED);
  }
}
