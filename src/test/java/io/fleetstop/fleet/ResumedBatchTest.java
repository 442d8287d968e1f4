package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A batch that an earlier run may have sent, whose members this run reaches at different times. */
class ResumedBatchTest {

  private static final List<InstanceId> IDS =
      Stream.of("i-1", "i-2", "i-3").map(InstanceId::of).toList();

  private final StubClient client = new StubClient();
  private final List<ShutdownOutcome> outcomes = new ArrayList<>();
  private final List<String> fallbacks = new ArrayList<>();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .runId("night")
          .batchSize(100)
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(100)))
          .failureLimit(FailureLimit.none())
          .build();
  private VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @BeforeEach
  void takeOverTime() {
    time = VirtualTimeScheduler.getOrSet();
  }

  @AfterEach
  void giveBackTime() {
    VirtualTimeScheduler.reset();
  }

  /** A journal of that run, which stores nothing more. */
  private record Recorded(JournalState state) implements ShutdownJournal {

    static Recorded of(ShutdownOptions options) {
      return new Recorded(
          JournalState.of("recorded", options)
              .apply(Header.of("night", options))
              .apply(new BatchIntent(Instant.EPOCH, new StopBatch(1, "token", IDS))));
    }

    @Override
    public Mono<Void> append(JournalEvent event) {
      return Mono.empty();
    }

    @Override
    public Mono<Void> disposeLater() {
      return Mono.empty();
    }
  }

  private ShutdownRun resume(ShutdownOptions options, Flux<InstanceId> ids) {
    RunListener listener =
        new RunListener() {
          @Override
          public void batchesUnavailable(ShutdownRun run, String reason) {
            fallbacks.add(reason);
          }
        };
    ShutdownRun run =
        FleetShutdown.builder(client)
            .journal(Recorded.of(options))
            .listener(listener)
            .build()
            .run(ids);
    run.outcomes().subscribe(outcomes::add, error -> fallbacks.add("the run failed: " + error));
    return run;
  }

  /** The last one is found later than the others. */
  private static Flux<InstanceId> inTwoParts(Duration between) {
    return Flux.concat(
        Flux.fromIterable(IDS.subList(0, 2)), Mono.delay(between).thenReturn(IDS.get(2)));
  }

  private void assertRepeatedAsItWas() {
    assertThat(client.batches)
        .singleElement()
        .returns("token", StopInstances::clientToken)
        .returns(IDS, StopInstances::instanceIds);
    assertThat(client.called()).isEmpty();
    assertThat(outcomes).hasSize(IDS.size()).allMatch(ShutdownOutcome::isSuccess);
  }

  private void assertCalledSingly(String... ids) {
    assertThat(client.batches).isEmpty();
    assertThat(client.called()).containsExactlyInAnyOrder(ids);
  }

  @Test
  void memberThatIsFoundLater_isAwaited() {
    resume(options, inTwoParts(Duration.ofSeconds(5)));
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertRepeatedAsItWas();
  }

  @Test
  void memberThatIsDescribedLater_isAwaited() {
    client.onDescribe =
        ids ->
            ids.contains("i-3")
                ? Mono.delay(Duration.ofMinutes(1)).thenMany(client.describe(ids))
                : client.describe(ids);
    // Not together, or one call would describe all three.
    resume(options, inTwoParts(Duration.ofSeconds(1)));
    time.advanceTimeBy(Duration.ofMinutes(10));

    assertRepeatedAsItWas();
  }

  @Test
  void pauseMeanwhile_changesNothing() {
    ShutdownRun run = resume(options, inTwoParts(Duration.ofSeconds(5)));
    time.advanceTimeBy(Duration.ofSeconds(1));
    run.pause();
    time.advanceTimeBy(Duration.ofSeconds(1));
    run.resume();
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertRepeatedAsItWas();
  }

  @Test
  void memberThatDoesNotCome_isAwaitedForATime() {
    resume(options, Flux.concat(Flux.fromIterable(IDS.subList(0, 2)), Flux.never()));
    time.advanceTimeBy(Duration.ofSeconds(9));
    assertCalledSingly();

    time.advanceTimeBy(Duration.ofSeconds(2));
    assertCalledSingly("i-1", "i-2");
  }

  @Test
  void memberThatIsNotNamed_isNotAwaited() {
    resume(options, Flux.fromIterable(IDS.subList(0, 2)));
    time.advanceTimeBy(Duration.ofSeconds(1));

    assertCalledSingly("i-1", "i-2");
  }

  @Test
  void membersThatCannotBeOpenTogether_areCalledSingly() {
    resume(options.mutate().maxOpen(1).build(), Flux.fromIterable(IDS));
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertCalledSingly("i-1", "i-2", "i-3");
    assertThat(outcomes).hasSize(IDS.size()).allMatch(ShutdownOutcome::isSuccess);
  }

  private static Mono<StopInstances.Result> rejected(String code) {
    return Mono.error(
        EcsException.builder(ErrorCode.ofReplyDetail(code), Delivery.REJECTED).attempts(1).build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"AccessDenied", "LackPolicy", "InvalidActionOrVersion"})
  void repetitionThatIsUnavailable_fallsBackToSingleCalls(String code) {
    client.onBatch = batch -> rejected(code);
    resume(options, Flux.fromIterable(IDS));
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertThat(client.batches).hasSize(1);
    assertThat(client.called()).containsExactlyInAnyOrder("i-1", "i-2", "i-3");
    assertThat(outcomes).hasSize(IDS.size()).allMatch(ShutdownOutcome::isSuccess);
    assertThat(fallbacks).containsExactly("the service rejected StopInstances with " + code);
  }

  @Test
  void memberStoppedBeforeTheRepetitionIsRejected_isNotCalled() {
    client.onBatch =
        batch -> {
          client.states.put("i-2", "STOPPED");
          return rejected("AccessDenied");
        };
    resume(options, Flux.fromIterable(IDS));
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertThat(client.called()).containsExactlyInAnyOrder("i-1", "i-3");
    assertThat(outcomes).hasSize(IDS.size()).allMatch(one -> one.kind() == Kind.STOPPED);
  }

  @Test
  void memberWhoseStateCannotBeSeen_isNotCalledSingly() {
    client.onDescribe = ids -> Flux.error(new IllegalStateException("no reply"));
    client.onBatch = batch -> rejected("AccessDenied");
    resume(options.mutate().protectTag("").build(), Flux.fromIterable(IDS));
    time.advanceTimeBy(Duration.ofMinutes(30));

    assertThat(client.called()).isEmpty();
    assertThat(outcomes).hasSize(IDS.size()).allMatch(one -> one.kind() == Kind.UNCONFIRMED);
  }
}
