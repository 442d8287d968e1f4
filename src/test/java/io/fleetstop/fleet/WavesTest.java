package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.Waves.Size;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Waves: the next one starts only if the previous one stayed within the failure limit. */
class WavesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .awaitStopped(false)
          .failureLimit(FailureLimit.percent(20))
          .build();

  private static Flux<InstanceId> fleet(int size) {
    return Flux.range(0, size).map(i -> InstanceId.of("i-" + i));
  }

  private static Waves sizes(long... sizes) {
    Size[] counts = new Size[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      counts[i] = Size.count(sizes[i]);
    }
    return Waves.of(counts);
  }

  private static Waves percent(double... percents) {
    Size[] shares = new Size[percents.length];
    for (int i = 0; i < percents.length; i++) {
      shares[i] = Size.percent(percents[i]);
    }
    return Waves.of(shares);
  }

  /** Fails the instances whose number matches. */
  private void fail(Predicate<Integer> isFailing) {
    client.onStop =
        request ->
            isFailing.test(numberOf(request))
                ? Mono.error(
                    EcsException.builder(EcsErrors.INVALID_ARGUMENT, Delivery.REJECTED).build())
                : client.stop(request);
  }

  private static int numberOf(StopInstance request) {
    return Integer.parseInt(request.instanceId().value().substring(2));
  }

  private List<ShutdownOutcome> run(int size, Waves waves) {
    return Objects.requireNonNull(
        FleetShutdown.create(client, options)
            .run(fleet(size), waves)
            .outcomes()
            .collectList()
            .block(PATIENCE));
  }

  private void endsWith(int size, Waves waves, String message) {
    assertThatThrownBy(() -> run(size, waves))
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(ClientErrors.FAILURE_BUDGET_EXHAUSTED);
              assertThat(e.detail()).isEqualTo(message);
            });
  }

  @Test
  void percentages_roundUpAndEmptyWavesAreOmitted() {
    assertThat(percent(1, 10, 100).ofFleet(1_000).ends()).containsExactly(10L, 100L, 1_000L);
    assertThat(percent(0.7, 33.3).ofFleet(1_000).ends()).containsExactly(7L, 333L);
    assertThat(percent(1, 10, 100).ofFleet(5).ends()).containsExactly(1L, 5L);
    assertThat(percent(1, 10, 100).ofFleet(0).ends()).isEmpty();
    assertThat(percent(50, 99.9).ofFleet(7).ends()).containsExactly(4L, 7L);
    assertThat(sizes(5, 50, 500).ofFleet(20).ends()).containsExactly(5L, 20L);
    assertThat(Waves.of(Size.count(5), Size.percent(10), Size.count(200)).ofFleet(1_000).ends())
        .containsExactly(5L, 100L, 200L);
    assertThat(Waves.of(Size.count(5), Size.percent(10)).ofFleet(20).ends()).containsExactly(5L);
    assertThat(Waves.none().ofFleet(1_000).ends()).isEmpty();
  }

  @Test
  void impossibleWaves_areRejected() {
    assertThatThrownBy(() -> sizes(5, 5))
        .hasMessage("wave sizes are cumulative, so each must exceed the previous one, was 5,5");
    assertThatThrownBy(() -> percent(10, 1))
        .hasMessage(
            "wave sizes are cumulative, so each must exceed the previous one, was 10.0%,1.0%");
    assertThatThrownBy(() -> Size.count(0)).hasMessageContaining("1 instance or more, was 0");
    assertThatThrownBy(() -> Size.percent(0)).hasMessageContaining("more than 0% and up to 100%");
    assertThatThrownBy(() -> Size.percent(101)).hasMessageContaining("was 101.0%");
    assertThatThrownBy(() -> Size.percent(Double.NaN)).hasMessageContaining("was NaN%");
    assertThatThrownBy(() -> percent(1).ofFleet(-1)).hasMessageContaining("fleet");
    assertThatThrownBy(
            () -> FleetShutdown.create(client, options).run(Flux.empty(), percent(1, 100)))
        .hasMessage("waves in per cent need the size of the fleet, was 1.0%: call ofFleet first");
  }

  @Test
  void wave_startsAfterAllOutcomesOfThePrevious() {
    List<Sinks.Empty<StopInstance.Result>> waiting = new ArrayList<>();
    client.onStop =
        request -> {
          Sinks.Empty<StopInstance.Result> reply = Sinks.empty();
          waiting.add(reply);
          return reply.asMono().switchIfEmpty(Mono.defer(() -> client.stop(request)));
        };
    ShutdownRun run = FleetShutdown.create(client, options).run(fleet(100), sizes(3, 10));
    StepVerifier.create(run.outcomes())
        .then(() -> assertThat(client.calls).hasSize(3))
        .then(() -> assertThat(waveOf(run)).isEqualTo(1))
        .then(() -> waiting.subList(0, 2).forEach(Sinks.Empty::tryEmitEmpty))
        .expectNextCount(2)
        .then(() -> assertThat(client.calls).hasSize(3))
        .then(() -> waiting.get(2).tryEmitEmpty())
        .expectNextCount(1)
        .then(() -> assertThat(client.calls).hasSize(10))
        .then(() -> assertThat(waveOf(run)).isEqualTo(2))
        .then(() -> List.copyOf(waiting.subList(3, 10)).forEach(Sinks.Empty::tryEmitEmpty))
        .expectNextCount(7)
        .then(() -> assertThat(client.calls).hasSize(74))
        .then(() -> assertThat(waveOf(run)).isEqualTo(3))
        .thenCancel()
        .verify(PATIENCE);
  }

  private static int waveOf(ShutdownRun run) {
    return Objects.requireNonNull(run.progressUpdates().blockFirst(PATIENCE)).wave();
  }

  @Test
  void remainder_isTheLastWave() {
    assertThat(run(1_000, sizes(1, 10))).hasSize(1_000);
    assertThat(run(1_000, percent(1, 10, 100).ofFleet(500))).hasSize(1_000);
    assertThat(run(4, percent(1, 10, 100).ofFleet(4))).hasSize(4);
    assertThat(run(3, sizes(5, 50))).hasSize(3);
    assertThat(run(0, sizes(5))).isEmpty();
  }

  @Test
  void failedCanary_endsRunWhateverItsSize() {
    fail(number -> number < 5);
    endsWith(
        1_000,
        sizes(5, 100),
        "5 of 5 outcomes of wave 1 are failed or unconfirmed, more than the limit of 20.0%;"
            + " wave 2 was not started");
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void laterWave_isJudgedByItself() {
    fail(number -> number >= 90 && number % 3 == 0);
    endsWith(
        1_000,
        sizes(90, 100, 1_000),
        "4 of 10 outcomes of wave 2 are failed or unconfirmed, more than the limit of 20.0%;"
            + " wave 3 was not started");
    assertThat(client.calls).hasSize(100);
  }

  @Test
  void countLimit_appliesAcrossWaves() {
    ShutdownOptions three = options.mutate().failureLimit(FailureLimit.count(3)).build();
    fail(number -> number % 10 == 0);
    StepVerifier.create(
            FleetShutdown.create(client, three).run(fleet(100), sizes(10, 20, 30, 40)).outcomes())
        .expectNextCount(31)
        .thenConsumeWhile(outcome -> true)
        .verifyErrorSatisfies(e -> assertThat(e).hasMessageContaining("more than the limit of 3"));
    assertThat(client.calls).hasSizeLessThanOrEqualTo(40);
  }

  @Test
  void wavesWithinLimit_reachTheEnd() {
    fail(number -> number % 6 == 5);
    assertThat(run(1_000, sizes(6, 60, 600))).hasSize(1_000);
  }

  private Flux<ShutdownOutcome> approved(int size, Waves waves, WaveApproval approval) {
    return FleetShutdown.create(client, options)
        .run(fleet(size), waves.approvedBy(approval))
        .outcomes();
  }

  @Test
  void approval_isAskedBetweenWavesWithTheirCounts() {
    fail(number -> number == 7);
    List<WaveEnd> asked = new ArrayList<>();
    StepVerifier.create(
            approved(
                30,
                sizes(1, 10, 20).ofFleet(30),
                end -> {
                  asked.add(end);
                  return Mono.just(true);
                }))
        .expectNextCount(30)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(asked)
        .containsExactly(new WaveEnd(1, 1, 0), new WaveEnd(2, 9, 1), new WaveEnd(3, 10, 0));
  }

  @Test
  void approval_isNotAskedAfterTheLastInstance() {
    StepVerifier.create(
            approved(
                10,
                sizes(10),
                end -> {
                  throw new AssertionError("asked");
                }))
        .expectNextCount(10)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void approval_isNotAskedWhenTheLimitEndsTheRun() {
    fail(number -> true);
    StepVerifier.create(
            approved(
                10,
                sizes(1, 10),
                end -> {
                  throw new AssertionError("asked");
                }))
        .expectNextCount(1)
        .expectErrorMatches(
            e ->
                e instanceof EcsException x
                    && x.errorCode().equals(ClientErrors.FAILURE_BUDGET_EXHAUSTED))
        .verify(PATIENCE);
  }

  @Test
  void pause_delaysTheNextWave() {
    StepVerifier.withVirtualTime(
            () ->
                approved(5, sizes(2, 4), end -> Mono.delay(Duration.ofMinutes(5)).thenReturn(true)))
        .expectNextCount(2)
        .expectNoEvent(Duration.ofMinutes(5))
        .expectNextCount(2)
        .expectNoEvent(Duration.ofMinutes(5))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void refusedWave_endsTheRunWithIdsLeft() {
    ShutdownRun run =
        FleetShutdown.create(client, options)
            .run(fleet(100_000), sizes(3, 10).approvedBy(end -> Mono.just(end.wave() < 2)));
    StepVerifier.create(run.outcomes()).expectNextCount(10).expectComplete().verify(PATIENCE);
    assertThat(run.isDrained()).isTrue();
    assertThat(client.calls).hasSize(10);
  }

  @Test
  void refusedWave_endsTheRunOfASourceThatNeverCompletes() {
    StepVerifier.create(
            FleetShutdown.create(client, options)
                .run(
                    fleet(10).concatWith(Flux.never()),
                    sizes(3, 10).approvedBy(end -> Mono.empty()))
                .outcomes())
        .expectNextCount(3)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void refusalLaterThanTheWave_endsTheRun() {
    Sinks.One<Boolean> answer = Sinks.one();
    StepVerifier.create(approved(10, sizes(3, 10), end -> answer.asMono()))
        .expectNextCount(3)
        .then(() -> answer.tryEmitValue(false))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(client.calls).hasSize(3);
  }

  @Test
  void errorOfAnApproval_endsTheRunWithIt() {
    StepVerifier.create(
            approved(10, sizes(3, 10), end -> Mono.error(new IllegalStateException("no pager"))))
        .expectNextCount(3)
        .expectErrorMessage("no pager")
        .verify(PATIENCE);
    StepVerifier.create(
            approved(
                10,
                sizes(3, 10),
                end -> {
                  throw new IllegalStateException("thrown");
                }))
        .expectNextCount(3)
        .expectErrorMessage("thrown")
        .verify(PATIENCE);
  }

  @Test
  void drainAndCancellation_cancelAPendingApproval() {
    TestPublisher<Boolean> answer = TestPublisher.create();
    Waves waves = sizes(3, 10).approvedBy(end -> answer);
    ShutdownRun run = FleetShutdown.create(client, options).run(fleet(10), waves);
    StepVerifier.create(run.outcomes())
        .expectNextCount(3)
        .then(() -> assertThat(answer.subscribeCount()).isEqualTo(1))
        .then(run::drain)
        .expectComplete()
        .verify(PATIENCE);
    answer.assertCancelled();

    TestPublisher<Boolean> other = TestPublisher.create();
    StepVerifier.create(approved(10, sizes(3, 10), end -> other))
        .expectNextCount(3)
        .then(() -> assertThat(other.subscribeCount()).isEqualTo(1))
        .thenCancel()
        .verify(PATIENCE);
    other.assertCancelled();
  }

  @Test
  void runDeadlineDuringAPause_endsTheRun() {
    ShutdownOptions late = options.mutate().runDeadline(Duration.ofMinutes(1)).build();
    StepVerifier.withVirtualTime(
            () ->
                FleetShutdown.create(client, late)
                    .run(
                        fleet(10),
                        sizes(3, 10)
                            .approvedBy(end -> Mono.delay(Duration.ofHours(1)).thenReturn(true)))
                    .outcomes())
        .expectNextCount(3)
        .expectNoEvent(Duration.ofMinutes(1))
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void pausedRun_startsAnApprovedWaveWhenItIsResumed() {
    Sinks.One<Boolean> answer = Sinks.one();
    ShutdownRun run =
        FleetShutdown.create(client, options)
            .run(fleet(10), sizes(3, 10).approvedBy(end -> answer.asMono()));
    StepVerifier.create(run.outcomes())
        .expectNextCount(3)
        .then(run::pause)
        .then(() -> answer.tryEmitValue(true))
        .then(() -> assertThat(client.calls).hasSize(3))
        .then(run::resume)
        .expectNextCount(7)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void approval_hasTheContextOfTheRun() {
    StepVerifier.create(
            approved(
                    5,
                    sizes(3, 5),
                    end -> Mono.deferContextual(context -> Mono.just(context.get("approved"))))
                .contextWrite(context -> context.put("approved", true)))
        .expectNextCount(5)
        .expectComplete()
        .verify(PATIENCE);
  }
}
