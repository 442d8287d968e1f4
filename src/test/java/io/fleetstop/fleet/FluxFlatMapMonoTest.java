package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Results are merged as {@code flatMapDelayError} does, and a result not taken keeps its place. */
class FluxFlatMapMonoTest {

  private static final int CONCURRENCY = 2;

  private final Map<Integer, Sinks.One<String>> open = new ConcurrentHashMap<>();
  private final List<Integer> cancelled = new ArrayList<>();

  private Mono<String> open(int number) {
    return open.computeIfAbsent(number, key -> Sinks.one())
        .asMono()
        .doOnCancel(() -> cancelled.add(number));
  }

  private Flux<String> merged(Flux<Integer> source) {
    return new FluxFlatMapMono<>(source, this::open, CONCURRENCY);
  }

  private void end(int number) {
    sink(number).tryEmitValue("result " + number).orThrow();
  }

  private Sinks.One<String> sink(int number) {
    Sinks.One<String> sink = open.get(number);
    assertThat(sink).isNotNull();
    return sink;
  }

  @Test
  void opensAsManyAsAllowed_andEmitsInOrderOfArrival() {
    StepVerifier.create(merged(Flux.range(0, 4)))
        .then(() -> assertThat(open).containsOnlyKeys(0, 1))
        .then(() -> end(1))
        .expectNext("result 1")
        .then(() -> assertThat(open).containsOnlyKeys(0, 1, 2))
        .then(() -> end(2))
        .then(() -> end(0))
        .then(() -> end(3))
        .expectNext("result 2", "result 0", "result 3")
        .verifyComplete();
  }

  @Test
  void resultNotTaken_keepsItsPlace() {
    StepVerifier.create(merged(Flux.range(0, 4)), 0)
        .then(() -> end(0))
        .then(() -> end(1))
        .then(() -> assertThat(open).containsOnlyKeys(0, 1))
        .thenRequest(1)
        .expectNext("result 0")
        .then(() -> assertThat(open).containsOnlyKeys(0, 1, 2))
        .thenCancel()
        .verify();
  }

  @Test
  void resultsAtOnce_areEmittedWithoutRecursion() {
    Flux<Integer> all = new FluxFlatMapMono<>(Flux.range(0, 100_000), Mono::just, 1);
    StepVerifier.create(all).expectNextCount(100_000).verifyComplete();
  }

  @Test
  void emptyPublisher_needsNoDemand() {
    StepVerifier.create(merged(Flux.range(0, 2)), 0)
        .then(() -> sink(0).tryEmitEmpty())
        .then(() -> sink(1).tryEmitEmpty())
        .verifyComplete();
  }

  @Test
  void errors_followAllResults() {
    StepVerifier.create(merged(Flux.range(0, 4)))
        .then(() -> sink(0).tryEmitError(new IllegalStateException("first")))
        .then(() -> sink(1).tryEmitError(new IllegalStateException("second")))
        .then(() -> end(2))
        .expectNext("result 2")
        .then(() -> end(3))
        .expectNext("result 3")
        .verifyErrorSatisfies(
            error ->
                assertThat(error.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly("first", "second"));
  }

  @Test
  void errorOfTheSource_followsOpenResults() {
    StepVerifier.create(merged(Flux.just(0).concatWith(Flux.error(new IllegalStateException("x")))))
        .then(() -> end(0))
        .expectNext("result 0")
        .verifyErrorMessage("x");
  }

  @Test
  void mapperThatThrows_endsTheSource() {
    TestPublisher<Integer> source = TestPublisher.create();
    Flux<String> merged =
        new FluxFlatMapMono<>(
            source.flux(),
            number -> {
              if (number == 1) {
                throw new IllegalStateException("mapper");
              }
              return open(number);
            },
            CONCURRENCY);
    StepVerifier.create(merged)
        .then(() -> source.next(0, 1))
        .then(source::assertCancelled)
        .then(() -> end(0))
        .expectNext("result 0")
        .verifyErrorMessage("mapper");
  }

  @Test
  void cancellation_cancelsAllAndDiscardsResults() {
    TestPublisher<Integer> source = TestPublisher.create();
    List<Object> discarded = new ArrayList<>();
    StepVerifier.create(merged(source.flux()).doOnDiscard(String.class, discarded::add), 0)
        .then(() -> source.next(0, 1))
        .then(() -> end(0))
        .thenCancel()
        .verify();
    source.assertCancelled();
    assertThat(cancelled).containsExactly(1);
    assertThat(discarded).containsExactly("result 0");
  }

  @Test
  void cancelledByAResult_startsAndEmitsNothingMore() {
    List<String> results = new ArrayList<>();
    merged(Flux.range(0, 4)).take(1).subscribe(results::add);
    end(1);
    assertThat(results).containsExactly("result 1");
    assertThat(cancelled).containsExactly(0);
    assertThat(open).containsOnlyKeys(0, 1);
  }

  @Test
  void idAfterTheCancellation_isNotStarted() {
    TestPublisher<Integer> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    AtomicBoolean subscribed = new AtomicBoolean();
    Mono<Integer> never = Mono.<Integer>never().doOnSubscribe(s -> subscribed.set(true));
    new FluxFlatMapMono<>(source.flux(), number -> never, CONCURRENCY).subscribe().dispose();
    source.next(1);
    assertThat(subscribed).isFalse();
  }

  @Test
  void context_reachesSourceAndPublishers() {
    Flux<Integer> source = Flux.deferContextual(context -> Flux.just(context.<Integer>get("key")));
    Flux<String> merged =
        new FluxFlatMapMono<>(
            source,
            number -> Mono.deferContextual(context -> Mono.just(number + "" + context.get("key"))),
            CONCURRENCY);
    StepVerifier.create(merged.contextWrite(context -> context.put("key", 7)))
        .expectNext("77")
        .verifyComplete();
  }

  @Test
  void subscribers_areScannable() {
    AtomicBoolean seen = new AtomicBoolean();
    Mono<Integer> inner =
        new Mono<>() {
          @Override
          public void subscribe(CoreSubscriber<? super Integer> actual) {
            Scannable scannable = Scannable.from(actual);
            assertThat(scannable.actuals()).hasSizeGreaterThan(1);
            seen.set(true);
            Operators.complete(actual);
          }
        };
    StepVerifier.create(new FluxFlatMapMono<>(Flux.just(1), number -> inner, 1)).verifyComplete();
    assertThat(seen).isTrue();
  }
}
