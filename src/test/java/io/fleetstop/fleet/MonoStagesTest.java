package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.MonoStages.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** Stages run one after another; a failure continues where it is handled. */
class MonoStagesTest {

  private final List<String> events = new ArrayList<>();

  private Mono<String> stages(Stage<String> first) {
    return new MonoStages<>(() -> first, () -> events.add("after"));
  }

  private static Stage<String> plus(String text, String added) {
    return text.length() >= 3
        ? Stage.result(text)
        : Stage.of(Mono.just(text + added), next -> plus(next, added));
  }

  @Test
  void lastStage_isTheResult() {
    StepVerifier.create(stages(plus("", "a")).doOnNext(events::add))
        .expectNext("aaa")
        .expectComplete()
        .verify();
    assertThat(events).containsExactly("aaa", "after");
  }

  @Test
  void withoutRequest_nothingStarts() {
    TestPublisher<String> source = TestPublisher.create();
    StepVerifier.create(stages(Stage.of(source.mono(), Stage::result)), 0)
        .then(source::assertWasNotSubscribed)
        .thenRequest(1)
        .then(() -> source.emit("a"))
        .expectNext("a")
        .expectComplete()
        .verify();
  }

  @Test
  void failedSource_continuesWithItsHandler() {
    Stage<String> failing =
        Stage.of(
            Mono.<String>error(new IllegalStateException("one")),
            Stage::result,
            error -> Stage.result("after " + error.getMessage()));
    StepVerifier.create(stages(failing)).expectNext("after one").expectComplete().verify();
  }

  @Test
  void throwingContinuation_isAFailureOfItsStage() {
    Stage<String> failing =
        Stage.of(
            Mono.just("a"),
            value -> {
              throw new IllegalStateException("one");
            },
            error -> Stage.result("after " + error.getMessage()));
    StepVerifier.create(stages(failing)).expectNext("after one").expectComplete().verify();
  }

  @Test
  void unhandledFailure_isEmitted() {
    Stage<String> failing =
        Stage.of(Mono.<String>error(new IllegalStateException("one")), Stage::result);
    StepVerifier.create(stages(failing)).expectErrorMessage("one").verify();
    Stage<String> twice =
        Stage.of(
            Mono.<String>error(new IllegalStateException("one")),
            Stage::result,
            error -> {
              throw new IllegalStateException("two");
            });
    StepVerifier.create(stages(twice)).expectErrorMessage("two").verify();
    StepVerifier.create(
            new MonoStages<String>(
                () -> {
                  throw new IllegalStateException("first");
                },
                () -> events.add("after")))
        .expectErrorMessage("first")
        .verify();
    assertThat(events).containsExactly("after", "after", "after");
  }

  @Test
  void emptySource_isAFailure() {
    StepVerifier.create(stages(Stage.of(Mono.<String>empty(), Stage::result)))
        .expectErrorMessage("a stage emitted no value")
        .verify();
  }

  @Test
  void cancel_endsTheActiveStage() {
    TestPublisher<String> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    Disposable subscription =
        stages(
                Stage.of(
                    source.mono(),
                    value -> {
                      events.add("next");
                      return Stage.result(value);
                    }))
            .subscribe();
    subscription.dispose();
    source.assertCancelled();
    assertThat(events).isEmpty();
  }

  @Test
  void cancelRacingNextStage_leavesNoSubscription() {
    for (int round = 0; round < 5_000; round++) {
      Sinks.One<String> first = Sinks.one();
      AtomicInteger active = new AtomicInteger();
      Mono<String> second =
          Mono.<String>never()
              .doOnSubscribe(subscription -> active.incrementAndGet())
              .doOnCancel(active::decrementAndGet);
      Disposable subscription =
          stages(Stage.of(first.asMono(), value -> Stage.of(second, Stage::result))).subscribe();

      RaceTestUtils.race(subscription::dispose, () -> first.tryEmitValue("a"));

      assertThat(active).as("round %d", round).hasValue(0);
    }
  }
}
