package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Waves;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.redis.SharedRunStatus.State;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.testkit.SimulatorAssert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Runs shared by workers that each have a client and a connection, against a real Redis. */
class RedisFleetTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LEASE = Duration.ofSeconds(2);

  @SuppressWarnings("NullAway.Init")
  private static TestRedis redis;

  private final List<RedisConnection> connections = new ArrayList<>();
  private final List<EcsClient> clients = new ArrayList<>();
  private final List<EcsSimulator> services = new ArrayList<>();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .scope("cn-beijing")
          .protectTag("")
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(20)))
          .build();

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
    clients.forEach(client -> client.closeAsync().block(LIMIT));
    connections.forEach(connection -> connection.close().block(LIMIT));
    services.forEach(service -> service.disposeLater().block(LIMIT));
  }

  private EcsSimulator service(int instances) {
    EcsSimulator service =
        EcsSimulator.builder()
            .instances(instances)
            .stopDelay(Duration.ofMillis(50))
            .seed(1)
            .startNow();
    services.add(service);
    return service;
  }

  private EcsClient client(EcsSimulator service, RateLimiter limiter) {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(service.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(service.accessKeyId(), service.secretAccessKey())))
            .rateLimiter(limiter)
            .build();
    clients.add(client);
    return client;
  }

  private RedisFleet fleet(String runId) {
    RedisConnection connection = redis.connect();
    connections.add(connection);
    return RedisFleet.of(connection, runId, LEASE);
  }

  private SharedRunParameters parameters(ShutdownOptions of, Waves waves) {
    return SharedRunParameters.of(of, waves, Duration.ZERO, "all");
  }

  private static List<InstanceId> ids(EcsSimulator service) {
    return service.ids().stream().map(InstanceId::of).toList();
  }

  private static void await(BooleanSupplier condition) {
    Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .takeUntil(tick -> condition.getAsBoolean())
        .blockLast(LIMIT);
  }

  @Test
  void threeWorkers_shareTheInstances(TestInfo test) {
    EcsSimulator service = service(600);
    String runId = test.getDisplayName();
    fleet(runId).load(parameters(options, Waves.none()), ids(service)).block(LIMIT);

    List<List<ShutdownOutcome>> found = new ArrayList<>();
    List<Flux<ShutdownOutcome>> workers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      List<ShutdownOutcome> own = Collections.synchronizedList(new ArrayList<>());
      found.add(own);
      workers.add(
          fleet(runId)
              .join(client(service, RateLimiter.tokenBucket(200, 20)), options)
              .outcomes()
              .doOnNext(own::add));
    }
    Flux.merge(workers).blockLast(LIMIT);

    SimulatorAssert.assertThatService(service).stoppedOnceEach(service.ids());
    assertThat(found).allSatisfy(own -> assertThat(own).hasSizeGreaterThan(100));
    assertThat(found.stream().mapToInt(List::size).sum()).isEqualTo(600);
    RedisFleet later = fleet(runId);
    SharedRunStatus status = later.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.isDone()).isTrue();
    assertThat(status.outcomes()).containsEntry(Kind.STOPPED, 600L);
    assertThat(status.open()).isZero();
    assertThat(status.workers()).isZero();
    JournaledRun read = later.read().blockOptional(LIMIT).orElseThrow();
    assertThat(read.outcomes()).hasSize(600);
    assertThat(read.open()).isEmpty();
    assertThat(read.isActive()).isFalse();
    StepVerifier.create(later.join(client(service, RateLimiter.unlimited()), options).outcomes())
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void sameRun_isLoadedOnceAndOthersAreRefused(TestInfo test) {
    EcsSimulator service = service(2_500);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    assertThat(fleet.find().blockOptional(LIMIT)).isEmpty();
    SharedRunParameters parameters = parameters(options, Waves.none());

    Flux.range(0, 3).flatMap(loader -> fleet.load(parameters, ids(service))).then().block(LIMIT);

    SharedRunStatus status = fleet.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.state()).isEqualTo(State.RUNNING);
    assertThat(status.queued()).isEqualTo(2_500);
    assertThat(status.parameters()).isEqualTo(parameters);
    SharedRunParameters forced = parameters(options.mutate().forceStop(true).build(), Waves.none());
    assertThatThrownBy(() -> fleet.load(forced, ids(service)).block(LIMIT))
        .hasMessage("the run " + runId + " exists with force false, this command has true");
  }

  /** The last chunk of the first loader is missing, as if it had been killed. */
  @Test
  void killedLoader_isReplaced(TestInfo test) {
    EcsSimulator service = service(1_500);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    SharedRunParameters parameters = parameters(options, Waves.none());
    RunCommands commands = new RunCommands(connections.get(0), runId);
    fleet.load(parameters, ids(service)).block(LIMIT);
    connections
        .get(0)
        .commands()
        .ltrim(commands.keys().all().get(1), 0, 999)
        .then(
            connections
                .get(0)
                .commands()
                .hset(commands.keys().head(), Map.of("loaded", "1", "state", "loading")))
        .block(LIMIT);

    fleet.load(parameters, ids(service)).block(LIMIT);

    SharedRunStatus status = fleet.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.state()).isEqualTo(State.RUNNING);
    assertThat(status.queued()).isEqualTo(1_500);
  }

  /** The first loader died with a longer list; the waves of the next one are those of its own. */
  @Test
  void replacedList_hasItsOwnWaves(TestInfo test) {
    EcsSimulator service = service(50);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    Map<String, String> dead =
        Map.of(
            "state",
            "loading",
            "list",
            "another",
            "loading",
            "0",
            "total",
            "500",
            "waves",
            "100,500",
            "waveSizes",
            "100,500",
            "beyondWaves",
            "7",
            "wavePause",
            "9");
    SharedRunParameters parameters =
        parameters(options, Waves.of(Waves.Size.count(1), Waves.Size.count(50)));
    RunCommands commands = new RunCommands(connections.get(0), runId);
    fleet.load(parameters, ids(service)).block(LIMIT);
    connections.get(0).commands().hset(commands.keys().head(), dead).block(LIMIT);

    fleet.load(parameters, ids(service)).block(LIMIT);

    SharedRunStatus status = fleet.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.parameters()).isEqualTo(parameters);
    assertThat(status.total()).isEqualTo(50);
  }

  @Test
  void pauseAndResume_reachEveryWorkerWithinASecond(TestInfo test) {
    EcsSimulator service = service(2_000);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    for (int i = 0; i < 2; i++) {
      fleet(runId)
          .join(client(service, RateLimiter.tokenBucket(100, 1)), options)
          .outcomes()
          .subscribe();
    }
    await(() -> service.ledger().effects() > 50);

    fleet.pause().block(LIMIT);
    StepVerifier.create(Flux.interval(Duration.ofSeconds(1)).take(1))
        .expectNextCount(1)
        .verifyComplete();
    long paused = service.ledger().calls("StopInstance");
    StepVerifier.create(Flux.interval(Duration.ofSeconds(1)).take(1))
        .expectNextCount(1)
        .verifyComplete();
    assertThat(service.ledger().calls("StopInstance")).isEqualTo(paused);
    assertThat(fleet.find().blockOptional(LIMIT).orElseThrow().workers()).isEqualTo(2);

    fleet.resume().block(LIMIT);
    StepVerifier.create(Flux.interval(Duration.ofSeconds(1)).take(1))
        .expectNextCount(1)
        .verifyComplete();
    assertThat(service.ledger().calls("StopInstance")).isGreaterThan(paused + 50);
    fleet.drain().block(LIMIT);
  }

  @Test
  void drainedRun_isResumedWithoutASecondStop(TestInfo test) {
    EcsSimulator service = service(300);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    List<ShutdownOutcome> found = Collections.synchronizedList(new ArrayList<>());
    EcsClient client = client(service, RateLimiter.tokenBucket(200, 1));
    Flux<ShutdownOutcome> first =
        fleet(runId).join(client, options).outcomes().doOnNext(found::add);
    Disposable drain =
        Flux.interval(Duration.ofMillis(10))
            .filter(tick -> found.size() > 60)
            .next()
            .flatMap(tick -> fleet.drain())
            .subscribe();
    first.blockLast(LIMIT);
    assertThat(drain.isDisposed()).isTrue();
    assertThat(found).hasSizeLessThan(300).allMatch(ShutdownOutcome::isSuccess);

    assertThat(fleet.resume().blockOptional(LIMIT).orElseThrow().state()).isEqualTo(State.RUNNING);
    fleet(runId).join(client, options).outcomes().doOnNext(found::add).blockLast(LIMIT);

    assertThat(found).hasSize(300).allMatch(outcome -> outcome.kind() == Kind.STOPPED);
    SimulatorAssert.assertThatService(service).stoppedOnceEach(service.ids());
  }

  @Test
  void failureLimit_isThatOfTheWholeRun(TestInfo test) {
    EcsSimulator service = service(400);
    service.failAlways("StopInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    ShutdownOptions limited =
        options.mutate().failureLimit(FailureLimit.count(20)).maxInFlight(4).maxOpen(4).build();
    fleet.load(parameters(limited, Waves.none()), ids(service)).block(LIMIT);

    List<Flux<ShutdownOutcome>> workers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      workers.add(
          fleet(runId).join(client(service, RateLimiter.tokenBucket(100, 4)), limited).outcomes());
    }
    StepVerifier.create(Flux.fromIterable(workers).flatMapDelayError(worker -> worker, 4, 1))
        .thenConsumeWhile(outcome -> true)
        .expectError()
        .verify(LIMIT);

    SharedRunStatus status = fleet.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.reason()).contains("more than the limit of 20");
    // Beyond the limit there is only what was in flight: 4 instances of each worker.
    assertThat(status.failures()).isBetween(21L, 36L);
    assertThat(service.ledger().calls("StopInstance")).isEqualTo(status.failures());
    StepVerifier.create(fleet.join(clients.get(0), options).outcomes())
        .expectErrorSatisfies(
            error ->
                assertThat(((EcsException) error).errorCode())
                    .isEqualTo(ClientErrors.FAILURE_BUDGET_EXHAUSTED))
        .verify(LIMIT);
  }

  @Test
  void waves_areThoseOfTheWholeRun(TestInfo test) {
    EcsSimulator service = service(100);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    Waves waves = Waves.of(Waves.Size.count(10), Waves.Size.count(60));
    fleet.load(parameters(options, waves), ids(service)).block(LIMIT);

    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    List<Flux<ShutdownOutcome>> workers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      SharedRun run = fleet(runId).join(client(service, RateLimiter.unlimited()), options);
      workers.add(
          run.outcomes()
              .doOnNext(outcome -> seen.add(run.status() == null ? 0 : run.status().wave())));
    }
    Disposable watch =
        Flux.interval(Duration.ofMillis(5))
            .onBackpressureDrop()
            .subscribe(
                tick -> {
                  long effects = service.ledger().effects();
                  if (effects > 10 && effects < 60) {
                    seen.add((int) effects);
                  }
                });
    Flux.merge(workers).blockLast(LIMIT);
    watch.dispose();

    SharedRunStatus status = fleet.find().blockOptional(LIMIT).orElseThrow();
    assertThat(status.done()).isEqualTo(100);
    assertThat(status.wave()).isEqualTo(3);
    assertThat(seen).contains(1, 2);
    SimulatorAssert.assertThatService(service).stoppedOnceEach(service.ids());
  }

  @Test
  void killedWorker_isReplacedAndItsInstancesAreDescribedFirst(TestInfo test) {
    EcsSimulator service = service(40);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    service.faultAlways("StopInstance", Fault.HUNG);
    RedisFleet killed = fleet(runId);
    RedisConnection lostWithIt = connections.get(connections.size() - 1);
    Disposable worker =
        killed.join(client(service, RateLimiter.unlimited()), options).outcomes().subscribe();
    await(() -> service.ledger().effects() == 40);
    lostWithIt.close().block(LIMIT);
    worker.dispose();
    service.clearFaults("StopInstance");

    List<ShutdownOutcome> outcomes =
        fleet(runId)
            .join(client(service, RateLimiter.unlimited()), options)
            .outcomes()
            .collectList()
            .block(LIMIT);

    assertThat(outcomes).hasSize(40).allMatch(outcome -> outcome.kind() == Kind.STOPPED);
    assertThat(service.ledger().calls("StopInstance")).isEqualTo(40);
    SimulatorAssert.assertThatService(service).stoppedOnceEach(service.ids());
  }

  @Test
  void lostRun_endsItsWorkersAndIsNotCreatedAgain(TestInfo test) {
    EcsSimulator service = service(500);
    String runId = test.getDisplayName();
    RedisFleet fleet = fleet(runId);
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    Flux<ShutdownOutcome> worker =
        fleet(runId).join(client(service, RateLimiter.tokenBucket(100, 1)), options).outcomes();

    StepVerifier.create(worker)
        .expectNextCount(10)
        .then(
            () ->
                connections
                    .get(0)
                    .commands()
                    .del(new RunKeys(runId).all().toArray(String[]::new))
                    .block(LIMIT))
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("Redis has no run with this id"))
        .verify(LIMIT);
    assertThat(fleet.find().blockOptional(LIMIT)).isEmpty();
  }

  @Test
  void batches_areRefused(TestInfo test) {
    RedisFleet fleet = fleet(test.getDisplayName());
    EcsSimulator service = service(1);
    ShutdownOptions batched = options.mutate().batchSize(10).build();
    assertThatThrownBy(() -> fleet.join(client(service, RateLimiter.unlimited()), batched))
        .hasMessage("batchSize must be 1 in a shared run, was 10");
  }

  /** A worker that joins again, because it was removed, executes only what it joined at first. */
  @Test
  @Tag("guarantee:protection")
  void dryRunThatIsRewritten_isNotObeyedByAWorkerThatJoinsAgain(TestInfo test) {
    EcsSimulator service = service(60);
    RedisFleet fleet = fleet(test.getDisplayName());
    ShutdownOptions dry = options.mutate().dryRun(true).build();
    fleet.load(parameters(dry, Waves.none()), ids(service)).block(LIMIT);
    RunKeys keys = new RunKeys(test.getDisplayName());
    Flux<ShutdownOutcome> worker =
        fleet.join(client(service, RateLimiter.tokenBucket(30, 1)), options).outcomes();

    StepVerifier.create(worker)
        .expectNextCount(5)
        .then(
            () ->
                connections
                    .get(0)
                    .commands()
                    .hset(keys.head(), Map.of("dryRun", "false"))
                    .then(connections.get(0).commands().zrem(keys.all().get(4), "1"))
                    .block(LIMIT))
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .hasMessageContaining("its field dryRun in Redis was changed after this"))
        .verify(LIMIT);
    assertThat(service.ledger().effects()).isZero();
  }

  /** Redis, or a program that changes its keys, must not turn a dry run into a stop. */
  @Test
  void processThatAsksForADryRun_stopsNothingInAnyRun(TestInfo test) {
    EcsSimulator service = service(3);
    RedisFleet fleet = fleet(test.getDisplayName());
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    ShutdownOptions dry = options.mutate().dryRun(true).build();
    StepVerifier.create(
            fleet.join(client(service, RateLimiter.tokenBucket(200, 20)), dry).outcomes())
        .expectErrorMatches(error -> String.valueOf(error.getMessage()).contains("no dry run"))
        .verify(LIMIT);
    assertThat(service.calls()).isZero();
  }

  /** As when something else writes to the keys; no text of them is shown. */
  @ParameterizedTest
  @CsvSource({
    "state,\u001b]52;secret",
    "total,\u001b]52;secret",
    "total,-1",
    "total,99999999999999999999",
    "FAILED,-5",
    "STOPPED,9223372036854775807",
    "awaited,-1",
    "wave,2147483648",
    "limit,\u001b]52;secret",
    "limit,-1",
    "waves,\u001b]52;secret",
    "waves,'-1,5'",
    "waveSizes,\u001b]52;secret",
    "beyondWaves,-1",
    "wavePause,-1",
    "mode,secret",
    "dryRun,secret",
    "created,secret"
  })
  void changedKeysOfARun_areAnError(String field, String value, TestInfo test) {
    EcsSimulator service = service(3);
    RedisFleet fleet = fleet(test.getDisplayName());
    fleet.load(parameters(options, Waves.none()), ids(service)).block(LIMIT);
    write(test.getDisplayName(), "", field, value);

    for (Mono<?> command :
        List.of(
            fleet.find(),
            fleet.read(),
            fleet
                .join(client(service, RateLimiter.tokenBucket(9, 9)), options)
                .outcomes()
                .next())) {
      StepVerifier.create(command)
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(EcsException.class)
                      .hasMessageContaining("something else has changed them")
                      .hasNoCause())
          .verify(LIMIT);
    }
    assertThat(service.calls()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\u001b]52;secret", "i 1"})
  void wordsThatAreNoIds_areAnError(String id, TestInfo test) {
    EcsSimulator service = service(1);
    RedisFleet fleet = fleet(test.getDisplayName());
    fleet.load(parameters(options, Waves.none()), List.of(InstanceId.of("i-1"))).block(LIMIT);
    connections.get(0).commands().lset(todo(test.getDisplayName()), 0, id).block(LIMIT);

    StepVerifier.create(
            fleet.join(client(service, RateLimiter.tokenBucket(9, 9)), options).outcomes())
        .expectErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("something else has changed them"))
        .verify(LIMIT);
    assertThat(service.calls()).isZero();
  }

  /** A server may repeat the password in an error. */
  @Test
  void errorOfTheServer_isNotQuoted(TestInfo test) {
    RedisFleet fleet = fleet(test.getDisplayName());
    RunCommands run = new RunCommands(connections.get(0), test.getDisplayName());
    RedisScript failing = new RedisScript("return redis.error_reply('WRONG secret \\27]52')");
    StepVerifier.create(run.call(failing, List.of()))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .hasMessageContaining("refused: WRONG")
                    .hasMessageNotContaining("secret")
                    .hasNoCause())
        .verify(LIMIT);
    assertThat(fleet.toString()).doesNotContain("secret");
  }

  private static String todo(String runId) {
    return new RunKeys(runId).all().get(1);
  }

  private void write(String runId, String suffix, String field, String value) {
    String key = new RunKeys(runId).head() + suffix;
    connections.get(0).commands().hset(key, field, value).block(LIMIT);
  }
}
