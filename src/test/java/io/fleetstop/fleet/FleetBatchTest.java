package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.Waves.Size;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A fleet that is stopped in batches, in virtual time. */
class FleetBatchTest {

  private final StubClient client = new StubClient();
  private final List<ShutdownOutcome> outcomes = new ArrayList<>();
  private final List<String> fallbacks = new ArrayList<>();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("night")
          .batchSize(100)
          .busyBackoff((retry, random) -> Duration.ofSeconds(5))
          .failureLimit(FailureLimit.none())
          .build();
  private @Nullable Throwable failure;
  private VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @BeforeEach
  void takeOverTime() {
    time = VirtualTimeScheduler.getOrSet();
  }

  @AfterEach
  void giveBackTime() {
    VirtualTimeScheduler.reset();
  }

  private static Flux<InstanceId> fleet(int size) {
    return Flux.range(0, size).map(i -> InstanceId.of("i-" + i));
  }

  private ShutdownRun start(ShutdownOptions options, int size, Waves waves) {
    RunListener listener =
        new RunListener() {
          @Override
          public void batchesUnavailable(ShutdownRun run, String reason) {
            fallbacks.add(reason);
          }
        };
    ShutdownRun run =
        FleetShutdown.builder(client)
            .options(options)
            .listener(listener)
            .build()
            .run(fleet(size), waves);
    run.outcomes().subscribe(outcomes::add, error -> failure = error);
    return run;
  }

  private void stop(ShutdownOptions options, int size) {
    start(options, size, Waves.none());
    time.advanceTimeBy(Duration.ofMinutes(30));
  }

  private List<Integer> sizes() {
    return client.batches.stream().map(batch -> batch.instanceIds().size()).toList();
  }

  private Map<Kind, Long> kinds() {
    Map<Kind, Long> kinds = new TreeMap<>();
    outcomes.forEach(outcome -> kinds.merge(outcome.kind(), 1L, Long::sum));
    return kinds;
  }

  private Kind kindOf(String id) {
    return outcomes.stream()
        .filter(outcome -> outcome.instanceId().value().equals(id))
        .findFirst()
        .orElseThrow()
        .kind();
  }

  private static EcsException error(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).attempts(1).build();
  }

  private static EcsException rejected(ErrorCode code) {
    return error(code, Delivery.REJECTED);
  }

  private static boolean has(StopInstances batch, String id) {
    return batch.instanceIds().contains(InstanceId.of(id));
  }

  /** Stops all instances of a batch but one, which has an error. */
  private StopInstances.Result except(StopInstances batch, String id, ErrorCode code) {
    StopInstances.Result result =
        StubClient.result(batch, one -> one.equals(id) ? rejected(code) : null);
    result.instances().stream()
        .filter(StopInstances.InstanceResult::isAccepted)
        .forEach(one -> client.states.put(one.instanceId().value(), "STOPPED"));
    return result;
  }

  @Test
  void instances_shareCallsOfUpTo100() {
    stop(options, 250);

    assertThat(sizes()).containsExactly(100, 100, 50);
    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 250L));
    assertThat(client.calls).isEmpty();
    assertThat(client.batches.stream().map(StopInstances::clientToken)).doesNotHaveDuplicates();
  }

  @Test
  void incompleteBatch_isSentAfterALinger() {
    start(options, 3, Waves.none());
    time.advanceTimeBy(BatchRules.LINGER.minusMillis(1));
    assertThat(client.batches).isEmpty();

    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(sizes()).containsExactly(3);
  }

  @Test
  void firstBatchesAreSmall_whileTheFailureLimitIsNotEarned() {
    stop(
        options.mutate().failureLimit(FailureLimit.percent(20)).awaitStopped(false).build(), 1_000);

    assertThat(sizes()).startsWith(1, 2, 4, 8, 16, 32, 64, 100, 100);
    assertThat(kinds()).isEqualTo(Map.of(Kind.ACCEPTED, 1_000L));
  }

  @Test
  void everyCallFails_onlyAsManyAreLostAsBySingleCalls() {
    client.onBatch =
        batch -> Mono.error(rejected(EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE));

    stop(options.mutate().failureLimit(FailureLimit.count(3)).build(), 1_000);

    assertThat(sizes()).containsExactly(1, 1, 1, 1);
    assertThat(kinds().get(Kind.FAILED)).isEqualTo(4);
    assertThat(failure)
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> assertThat(e.errorCode()).isEqualTo(ClientErrors.FAILURE_BUDGET_EXHAUSTED));
  }

  @Test
  void waves_cutBatches() {
    start(
        options.mutate().awaitStopped(false).build(),
        300,
        Waves.of(Size.count(1), Size.count(51), Size.count(300)));
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(sizes()).containsExactly(1, 50, 100, 100, 49);
  }

  @Test
  void callsInFlight_areBoundedAsSingleOnesAre() {
    client.onBatch = batch -> Mono.never();
    ShutdownRun run = start(options.mutate().maxInFlight(2).build(), 1_000, Waves.none());
    time.advanceTimeBy(Duration.ofSeconds(1));

    assertThat(sizes()).containsExactly(100, 100);
    assertThat(run.progress().inFlight()).isEqualTo(2);
  }

  @Test
  void demand_boundsWhatIsCalled() {
    ShutdownOptions small =
        options.mutate().batchSize(10).maxInFlight(1).awaitStopped(false).build();
    FleetShutdown.create(client, small)
        .stop(fleet(100))
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(5);
              }
            });
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(sizes().stream().mapToInt(size -> size).sum()).isEqualTo(5 + 10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InvalidInstance.NotFound",
        "InvalidInstanceStatus",
        "OperationDenied.ResourceCreatedByOtherService",
        "InvalidStoppedMode.Conflict",
        "OperationDenied.ResourceLocked",
        "InvalidArgument",
        "AccessDenied"
      })
  void errorOfOneInstance_hasTheOutcomeOfASingleCall(String code) {
    ErrorCode errorCode = ErrorCode.ofReplyDetail(code);
    client.onStop =
        request ->
            request.instanceId().value().equals("i-1")
                ? Mono.error(rejected(errorCode))
                : client.stop(request);
    stop(options.mutate().batchSize(1).build(), 3);
    Kind single = kindOf("i-1");
    outcomes.clear();
    client.states.clear();

    client.onBatch = batch -> Mono.just(except(batch, "i-1", errorCode));
    stop(options, 3);

    assertThat(kindOf("i-1")).isEqualTo(single);
    assertThat(kindOf("i-0")).isEqualTo(Kind.STOPPED);
  }

  @Test
  void stoppedBefore_isAlreadyStopped() {
    client.states.put("i-1", "STOPPED");
    client.onBatch = batch -> Mono.just(except(batch, "i-1", EcsErrors.INVALID_INSTANCE_STATUS));

    stop(options, 3);

    assertThat(kindOf("i-1")).isEqualTo(Kind.ALREADY_STOPPED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OperationDenied.ResourceLocked",
        "FlowLimitExceeded",
        "Insufficient.InstanceCapacity"
      })
  void transientErrorOfOneInstance_isRetriedInALaterBatch(String code) {
    Set<String> failed = new HashSet<>();
    client.onBatch =
        batch ->
            Mono.just(
                has(batch, "i-1") && failed.add("i-1")
                    ? except(batch, "i-1", ErrorCode.ofReplyDetail(code))
                    : client.stop(batch));

    stop(options, 3);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 3L));
    assertThat(sizes()).containsExactly(3, 1);
    assertThat(client.batches.stream().map(StopInstances::clientToken)).doesNotHaveDuplicates();
  }

  @Test
  void throttledForever_failsAfterTheTimeOfACall() {
    client.onBatch = batch -> Mono.just(except(batch, "i-1", GatewayErrors.FLOW_LIMIT_EXCEEDED));

    stop(options.mutate().awaitOptions(wait -> wait.timeout(Duration.ofSeconds(20))).build(), 3);

    assertThat(kindOf("i-1")).isEqualTo(Kind.FAILED);
    assertThat(kinds()).containsEntry(Kind.STOPPED, 2L);
  }

  @Test
  void reasonOfOneInstance_isFoundByHalving() {
    client.onBatch =
        batch ->
            has(batch, "i-70")
                ? Mono.error(rejected(EcsErrors.INVALID_INSTANCE_NOT_FOUND))
                : Mono.just(client.stop(batch));

    stop(options, 100);

    assertThat(kindOf("i-70")).isEqualTo(Kind.FAILED);
    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 99L, Kind.FAILED, 1L));
    assertThat(client.batches.size() - 1).isLessThanOrEqualTo(13);
  }

  @Test
  void pollRound_describesAHundredInstancesACall() {
    client.onBatch =
        batch -> {
          batch.instanceIds().forEach(id -> client.states.put(id.value(), "STOPPING"));
          return Mono.just(StubClient.result(batch, id -> null));
        };
    start(options, 1_000, Waves.none());
    time.advanceTimeBy(Duration.ofMillis(100));
    for (int round = 0; round < 8; round++) {
      int before = client.described.get();
      time.advanceTimeBy(options.awaitOptions().pollInterval());
      assertThat(client.described.get() - before).as("round %s", round).isBetween(1, 12);
    }
    client.states.replaceAll((id, status) -> "STOPPED");
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 1_000L));
  }

  @Test
  void lostReply_isSettledByDescribe() {
    client.onBatch =
        batch -> {
          client.stop(batch);
          return Mono.error(error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN));
        };

    stop(options, 100);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 100L));
    assertThat(client.batches).hasSize(1);
    assertThat(client.described).hasValue(1);
  }

  @Test
  void lostRequest_isRepeatedAsItWas() {
    List<Mono<StopInstances.Result>> replies = new ArrayList<>();
    replies.add(Mono.error(error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)));
    client.onBatch = batch -> replies.isEmpty() ? Mono.just(client.stop(batch)) : replies.remove(0);

    stop(options, 100);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 100L));
    assertThat(client.batches.stream().map(StopInstances::parameters).distinct()).hasSize(1);
    assertThat(client.batches).hasSize(2);
  }

  @Test
  void batchWithABusyMember_isNotRepeatedForAnother() {
    List<StopInstances> first = new ArrayList<>();
    client.onBatch =
        batch -> {
          first.add(batch);
          if (first.size() > 1) {
            return Mono.just(client.stop(batch));
          }
          return Mono.just(
              StubClient.result(
                  batch,
                  id ->
                      id.equals("i-1")
                          ? rejected(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED)
                          : id.equals("i-2")
                              ? error(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN)
                              : null));
        };
    client.states.put("i-0", "STOPPED");

    stop(options, 3);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 3L));
    assertThat(client.batches.stream().map(StopInstances::clientToken).distinct()).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"AccessDenied", "LackPolicy", "InvalidActionOrVersion"})
  void unavailableAction_fallsBackToSingleCalls(String code) {
    client.onBatch = batch -> Mono.error(rejected(ErrorCode.ofReplyDetail(code)));

    stop(options, 250);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 250L));
    assertThat(client.calls).hasSize(250);
    assertThat(fallbacks).containsExactly("the service rejected StopInstances with " + code);
  }

  @Test
  void unavailableWhenALostRequestIsRepeated_fallsBackToSingleCalls() {
    List<Mono<StopInstances.Result>> replies = new ArrayList<>();
    replies.add(Mono.error(error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)));
    client.onBatch =
        batch ->
            replies.isEmpty()
                ? Mono.error(rejected(GatewayErrors.ACCESS_DENIED))
                : replies.remove(0);

    stop(options, 100);

    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 100L));
    assertThat(client.batches).hasSize(2);
    assertThat(client.calls).hasSize(100);
    assertThat(fallbacks).hasSize(1);
    assertThat(failure).isNull();
  }

  @Test
  void dryRun_isSentByCalls_ofOneInstance() {
    stop(options.mutate().dryRun(true).build(), 3);

    assertThat(client.calls).hasSize(3);
    assertThat(client.batches).isEmpty();
    assertThat(fallbacks).containsExactly("StopInstances has no dry run");
  }

  @Test
  void pause_holdsWhatWasNotSent() {
    ShutdownRun run = start(options, 3, Waves.none());
    run.pause();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(client.batches).isEmpty();

    run.resume();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(sizes()).containsExactly(3);
    assertThat(kinds()).isEqualTo(Map.of(Kind.STOPPED, 3L));
  }

  @Test
  void drain_skipsWhatWasNotSent() {
    start(options, 3, Waves.none()).drain();
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(client.batches).isEmpty();
    assertThat(kinds()).isEqualTo(Map.of(Kind.SKIPPED, 3L));
  }

  @Test
  void cancel_cancelsTheCall() {
    boolean[] cancelled = {false};
    client.onBatch =
        batch -> Mono.<StopInstances.Result>never().doOnCancel(() -> cancelled[0] = true);
    var subscription = FleetShutdown.create(client, options).stop(fleet(3)).subscribe();
    time.advanceTimeBy(BatchRules.LINGER);

    subscription.dispose();

    assertThat(cancelled[0]).isTrue();
  }
}
