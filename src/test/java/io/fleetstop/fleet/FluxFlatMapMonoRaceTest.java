package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** Each result is emitted once, and nothing stays open, whichever thread comes first. */
class FluxFlatMapMonoRaceTest {

  private static final int ROUNDS = 5_000;

  private final Queue<Integer> results = new ConcurrentLinkedQueue<>();
  private final AtomicInteger ends = new AtomicInteger();

  /** Requests nothing by itself. */
  private final class Consumer extends BaseSubscriber<Integer> {

    @Override
    protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
      // The racing threads request.
    }

    @Override
    protected void hookOnNext(Integer result) {
      results.add(result);
    }

    @Override
    protected void hookOnComplete() {
      ends.incrementAndGet();
    }
  }

  private Consumer merge(Flux<Integer> source, List<Sinks.One<Integer>> open) {
    results.clear();
    ends.set(0);
    Consumer consumer = new Consumer();
    new FluxFlatMapMono<>(source, number -> open.get(number).asMono(), open.size())
        .subscribe(consumer);
    return consumer;
  }

  private static List<Sinks.One<Integer>> sinks(int number) {
    return IntStream.range(0, number).mapToObj(i -> Sinks.<Integer>one()).toList();
  }

  @Tag("guarantee:one-outcome")
  @Test
  void resultsAndRequests_emitEachOnceAndEnd() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Sinks.One<Integer>> open = sinks(3);
      Consumer consumer = merge(Flux.range(0, 3), open);
      RaceTestUtils.race(
          () -> open.get(0).tryEmitValue(0),
          () -> open.get(1).tryEmitValue(1),
          () -> open.get(2).tryEmitValue(2),
          () -> consumer.request(1),
          () -> consumer.request(2));

      assertThat(results).containsExactlyInAnyOrder(0, 1, 2);
      assertThat(ends).hasValue(1);
    }
  }

  @Test
  void lastResultAndEndOfTheSource_endOnce() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Sinks.One<Integer>> open = sinks(1);
      TestPublisher<Integer> source = TestPublisher.create();
      merge(source.flux(), open).request(1);
      source.next(0);
      RaceTestUtils.race(() -> open.get(0).tryEmitValue(0), source::complete);

      assertThat(results).containsExactly(0);
      assertThat(ends).hasValue(1);
    }
  }

  @Test
  void cancellationAndStart_leaveNothingOpen() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Sinks.One<Integer>> open = sinks(1);
      TestPublisher<Integer> source = TestPublisher.create();
      Consumer consumer = merge(source.flux(), open);
      RaceTestUtils.race(() -> source.next(0), consumer::cancel);

      assertThat(open.get(0).currentSubscriberCount()).isZero();
    }
  }

  @Test
  void cancellationAndResult_discardOrEmitIt() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Sinks.One<Integer>> open = sinks(1);
      Queue<Integer> discarded = new ConcurrentLinkedQueue<>();
      results.clear();
      Consumer consumer = new Consumer();
      new FluxFlatMapMono<>(Flux.just(0), number -> open.get(number).asMono(), 1)
          .doOnDiscard(Integer.class, discarded::add)
          .subscribe(consumer);
      consumer.request(round % 2);
      RaceTestUtils.race(() -> open.get(0).tryEmitValue(0), consumer::cancel);

      assertThat(results.size() + discarded.size()).isLessThanOrEqualTo(1);
      assertThat(open.get(0).currentSubscriberCount()).isZero();
    }
  }

  @Test
  void manyThreads_emitAll() {
    Flux<Integer> merged =
        new FluxFlatMapMono<>(
            Flux.range(0, 100_000),
            number -> Mono.just(number).publishOn(Schedulers.parallel()),
            256);
    StepVerifier.create(merged.distinct(), 0)
        .thenRequest(50_000)
        .expectNextCount(50_000)
        .thenRequest(Long.MAX_VALUE)
        .expectNextCount(50_000)
        .expectComplete()
        .verify(Duration.ofSeconds(60));
  }
}
