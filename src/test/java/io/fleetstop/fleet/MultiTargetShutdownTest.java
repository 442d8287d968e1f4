package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.json.JsonMapper;

/** One run over several targets. */
class MultiTargetShutdownTest extends JournalFixture {

  private static final Target NORTH = new Target("dev", "cn-beijing");
  private static final Target EAST = new Target("dev", "cn-shanghai");

  private final StubClient north = new StubClient();
  private final StubClient east = new StubClient();
  private final Map<Target, EcsClient> clients = new LinkedHashMap<>();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("night")
          .awaitStopped(false)
          .failureLimit(FailureLimit.none())
          .build();

  MultiTargetShutdownTest() {
    clients.put(NORTH, north);
    clients.put(EAST, east);
  }

  private static List<InstanceId> ids(String prefix, int size) {
    return IntStream.range(0, size).mapToObj(i -> InstanceId.of("i-" + prefix + i)).toList();
  }

  private static Map<Target, Flux<InstanceId>> both(int inNorth, int inEast) {
    Map<Target, Flux<InstanceId>> ids = new LinkedHashMap<>();
    ids.put(NORTH, Flux.fromIterable(ids("n", inNorth)));
    ids.put(EAST, Flux.fromIterable(ids("e", inEast)));
    return ids;
  }

  private static Map<Target, List<InstanceId>> lists(int inNorth, int inEast) {
    Map<Target, List<InstanceId>> ids = new LinkedHashMap<>();
    ids.put(NORTH, ids("n", inNorth));
    ids.put(EAST, ids("e", inEast));
    return ids;
  }

  private static EcsException rejected(ErrorCode code) {
    return EcsException.builder(code, Delivery.REJECTED).httpStatus(403).build();
  }

  private static void failing(StubClient client, ErrorCode code) {
    client.onStop = request -> Mono.error(rejected(code));
  }

  private MultiTargetShutdown.Builder builder() {
    return FleetShutdown.across(clients).options(options);
  }

  private static List<TargetOutcome> all(MultiTargetRun run) {
    return Objects.requireNonNull(run.outcomes().collectList().block(PATIENCE));
  }

  @Test
  void eachInstance_isCalledInItsTargetAndReportedWithIt() {
    // The same ids in both targets are different instances.
    Flux<InstanceId> same = Flux.fromIterable(ids("x", 3));

    List<TargetOutcome> outcomes =
        builder().build().stop(Map.of(NORTH, same, EAST, same)).collectList().block(PATIENCE);

    assertThat(outcomes).hasSize(6);
    assertThat(north.called()).containsExactly("i-x0", "i-x1", "i-x2");
    assertThat(east.called()).containsExactly("i-x0", "i-x1", "i-x2");
    assertThat(new JsonMapper().writeValueAsString(outcomes.get(0)))
        .contains("\"instanceId\":\"i-x0\",\"region\":\"cn-", "\"account\":\"dev\",\"outcome\"");
  }

  @Test
  void oneRunId_givesTheTokensOfAllTargets() {
    builder().build().stop(both(1, 1)).blockLast(PATIENCE);

    RunTokens tokens = new RunTokens("night", options);
    assertThat(north.calls)
        .extracting(StopInstance::clientToken)
        .containsExactly(tokens.tokenFor(InstanceId.of("i-n0")));
    assertThat(east.calls)
        .extracting(StopInstance::clientToken)
        .containsExactly(tokens.tokenFor(InstanceId.of("i-e0")));
  }

  @Test
  void failureLimit_countsAllTargetsAndEndsAll() {
    failing(north, EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    failing(east, EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    ShutdownOptions limited =
        options.mutate().failureLimit(FailureLimit.count(5)).maxInFlight(2).build();
    MultiTargetRun run = FleetShutdown.across(clients).options(limited).build().run(both(500, 500));

    StepVerifier.create(run.outcomes().collectList())
        .expectErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("in all targets are failed"))
        .verify(PATIENCE);
    assertThat(run.progress().failures()).isBetween(6L, 300L);
    assertThat(run.errors()).isEmpty();
  }

  @Test
  void limitOfOneTarget_endsThatTargetOnly() {
    failing(north, EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    MultiTargetRun run =
        builder().maxFailuresPerTarget(FailureLimit.count(3)).build().run(both(500, 100));

    StepVerifier.create(run.outcomes().then())
        .expectErrorSatisfies(
            error ->
                assertThat(((EcsException) error).errorCode())
                    .isEqualTo(ClientErrors.FAILURE_BUDGET_EXHAUSTED))
        .verify(PATIENCE);
    assertThat(run.progress(EAST).accepted()).isEqualTo(100);
    assertThat(run.progress(NORTH).failed()).isBetween(4L, 200L);
    assertThat(run.errors()).containsOnlyKeys(NORTH);
  }

  @Test
  void targetWithRejectedCredentials_endsAll() {
    failing(north, GatewayErrors.INVALID_ACCESS_KEY);
    // Demand bounds how far the other target is by then.
    MultiTargetRun run = builder().build().run(both(10, 10_000));

    StepVerifier.create(run.outcomes(), 1)
        .thenConsumeWhile(outcome -> true)
        .thenRequest(Long.MAX_VALUE)
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            error ->
                assertThat(((EcsException) error).errorCode())
                    .isEqualTo(GatewayErrors.INVALID_ACCESS_KEY))
        .verify(PATIENCE);
    assertThat(run.errors()).containsOnlyKeys(NORTH);
    assertThat(east.called()).hasSizeLessThan(10_000);
  }

  @Test
  void continueOnTargetError_keepsTheReasonAndStopsTheOthers() {
    IllegalStateException unread = new IllegalStateException("the region is not enabled");
    Map<Target, Flux<InstanceId>> ids = both(0, 50);
    ids.put(NORTH, Flux.error(unread));
    MultiTargetRun run = builder().continueOnTargetError(true).build().run(ids);

    assertThat(all(run)).hasSize(50);
    assertThat(run.errors()).containsExactly(Map.entry(NORTH, unread));
    assertThat(run.progress().accepted()).isEqualTo(50);
  }

  @Test
  void slowTarget_doesNotDelayTheOthers() {
    north.onStop = request -> Mono.delay(Duration.ofSeconds(100)).then(north.stop(request));

    StepVerifier.withVirtualTime(
            () ->
                FleetShutdown.across(clients)
                    .options(options.mutate().maxInFlight(4).build())
                    .build()
                    .stop(both(4, 300))
                    .map(TargetOutcome::target))
        .thenRequest(Long.MAX_VALUE)
        .expectNextSequence(IntStream.range(0, 300).mapToObj(i -> EAST).toList())
        .thenAwait(Duration.ofSeconds(200))
        .expectNextCount(4)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void maxInFlight_isDividedAmongTargets() {
    north.onStop = request -> Mono.never();
    east.onStop = request -> Mono.never();
    MultiTargetRun run =
        FleetShutdown.across(clients)
            .options(options.mutate().maxInFlight(6).build())
            .build()
            .run(both(100, 100));

    run.outcomes().subscribe().dispose();

    assertThat(north.called()).hasSize(3);
    assertThat(east.called()).hasSize(3);
  }

  @Test
  void maxOpen_isDividedAmongTargets() {
    north.onStop = request -> Mono.never();
    east.onStop = request -> Mono.never();
    MultiTargetRun run =
        FleetShutdown.across(clients)
            .options(options.mutate().maxInFlight(200).maxOpen(6).build())
            .build()
            .run(both(100, 100));

    run.outcomes().subscribe().dispose();

    assertThat(north.called()).hasSize(3);
    assertThat(east.called()).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void waves_areDrawnInProportionAndApprovedOnce(boolean approves) {
    List<WaveEnd> asked = new ArrayList<>();
    List<List<Integer>> called = new ArrayList<>();
    Waves waves =
        Waves.of(Waves.Size.percent(10), Waves.Size.percent(50))
            .approvedBy(
                end -> {
                  asked.add(end);
                  called.add(List.of(north.called().size(), east.called().size()));
                  return Mono.just(approves || end.wave() < 2);
                });
    MultiTargetRun run = builder().build().run(lists(100, 20), waves, WaveOrder.PROPORTIONAL);

    List<TargetOutcome> outcomes = all(run);

    assertThat(asked).containsExactly(new WaveEnd(1, 12, 0), new WaveEnd(2, 48, 0));
    assertThat(called).containsExactly(List.of(10, 2), List.of(50, 10));
    assertThat(outcomes).hasSize(approves ? 120 : 60);
    assertThat(run.isDrained()).isEqualTo(!approves);
  }

  @Test
  void wavesByTarget_stopOneTargetAfterTheOther() {
    MultiTargetRun run = builder().build().run(lists(30, 20), Waves.none(), WaveOrder.BY_TARGET);

    List<Target> order = all(run).stream().map(TargetOutcome::target).toList();

    assertThat(order.subList(0, 30)).containsOnly(NORTH);
    assertThat(order.subList(30, 50)).containsOnly(EAST);
  }

  @Test
  void failedWave_endsAllTargetsBeforeTheNextOne() {
    failing(east, EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    ShutdownOptions limited = options.mutate().failureLimit(FailureLimit.percent(10)).build();
    MultiTargetRun run =
        FleetShutdown.across(clients)
            .options(limited)
            .build()
            .run(lists(90, 30), Waves.of(Waves.Size.count(8)), WaveOrder.PROPORTIONAL);

    StepVerifier.create(run.outcomes().then())
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .hasMessageContaining("2 of 8 outcomes of wave 1", "wave 2 was not started"))
        .verify(PATIENCE);
    assertThat(north.called()).hasSize(6);
    assertThat(east.called()).hasSize(2);
  }

  @Test
  void pauseResumeAndDrain_actOnEveryTarget() {
    MultiTargetRun run = builder().build().run(both(100, 100));
    run.pause();
    StepVerifier.create(run.outcomes())
        .expectSubscription()
        .then(
            () -> {
              assertThat(north.called()).isEmpty();
              assertThat(run.progress().state()).isEqualTo(ShutdownProgress.State.PAUSED);
            })
        .then(run::resume)
        .expectNextCount(200)
        .verifyComplete();

    MultiTargetRun drained = builder().build().run(both(10, 10));
    drained.drain();
    assertThat(all(drained)).isEmpty();
    assertThat(drained.isDrained()).isTrue();
  }

  @Test
  void journal_namesTheTargetsAndIsResumed() throws IOException {
    failing(east, EcsErrors.INTERNAL_ERROR);
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));
    all(FleetShutdown.across(clients).journal(journal).build().run(both(3, 2)));
    journal.disposeLater().block(PATIENCE);
    assertThat(Files.readAllLines(file).stream().skip(1))
        .hasSize(10)
        .allMatch(line -> line.contains("\"account\":\"dev\",\"region\":\"cn-"));

    JournaledRun shown = Objects.requireNonNull(JournaledRun.read(file).block(PATIENCE));
    assertThat(shown.targets()).containsExactlyInAnyOrder(NORTH, EAST);
    assertThat(shown.outcomes())
        .filteredOn(outcome -> "cn-shanghai".equals(outcome.region()))
        .extracting(OutcomeJson::outcome)
        .containsOnly(Kind.FAILED.name())
        .hasSize(2);

    ShutdownJournal again = await(ShutdownJournal.resume(file, options));
    assertThat(again.state().completed()).isEqualTo(3);
    assertThat(again.state().of(EAST).incomplete()).hasSize(2);
    assertThatThrownBy(() -> FleetShutdown.create(north, again))
        .hasMessageContaining("FleetShutdown.across");
    assertThatThrownBy(
            () -> FleetShutdown.across(Map.of(NORTH, (EcsClient) north)).journal(again).build())
        .hasMessageContaining("dev/cn-shanghai, which has no client");
    east.onStop = east::stop;
    int before = north.called().size();
    List<TargetOutcome> outcomes =
        all(FleetShutdown.across(clients).journal(again).build().run(both(3, 2)));
    assertThat(outcomes).hasSize(2).allMatch(outcome -> outcome.target().equals(EAST));
    assertThat(north.called()).hasSize(before);
  }

  @Test
  void journalOfOneTarget_isRefused() {
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));
    FleetShutdown.create(north, journal).stop(Flux.fromIterable(ids("n", 1))).blockLast(PATIENCE);
    journal.disposeLater().block(PATIENCE);

    ShutdownJournal again = await(ShutdownJournal.resume(file, options));

    assertThatThrownBy(() -> FleetShutdown.across(clients).journal(again).build())
        .hasMessageContaining("resume it with a FleetShutdown");
  }

  @Test
  void mistakes_areNamed() {
    assertThatThrownBy(() -> new Target("a/b", "cn-beijing")).hasMessageContaining("account must");
    assertThatThrownBy(() -> new Target("a", "CN")).hasMessageContaining("region must be");
    assertThatThrownBy(() -> FleetShutdown.across(Map.of()))
        .hasMessageContaining("at least one target");
    assertThatThrownBy(
            () -> builder().build().run(Map.of(new Target("x", "cn-x"), Flux.<InstanceId>empty())))
        .hasMessageContaining("ids of x/cn-x, which has no client");
    MultiTargetRun run = builder().build().run(both(1, 0));
    all(run);
    StepVerifier.create(run.outcomes()).verifyErrorMessage("a run has one subscriber");
    assertThatThrownBy(() -> run.progress(new Target("x", "cn-x")))
        .hasMessageContaining("target must be one of");
  }
}
