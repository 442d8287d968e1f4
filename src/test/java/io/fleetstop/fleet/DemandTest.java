package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** Demand bounds the calls: at most the requested outcomes and the calls in flight. */
class DemandTest {

  private static final Logger LOG = LoggerFactory.getLogger(DemandTest.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int IN_FLIGHT = 64;

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .awaitStopped(false)
          .failureLimit(FailureLimit.none())
          .build();

  private static Flux<InstanceId> fleet(int size) {
    return Flux.range(0, size).map(i -> InstanceId.of("i-" + i));
  }

  private Flux<ShutdownOutcome> stop(Flux<InstanceId> ids) {
    return FleetShutdown.create(client, options).stop(ids);
  }

  @Tag("guarantee:demand")
  @Test
  void takeHundred_causesNoMoreCallsThanDemandAndInFlight() {
    StepVerifier.create(stop(fleet(100_000)), 0)
        .thenRequest(100)
        .expectNextCount(100)
        .then(() -> assertThat(client.calls).hasSize(100 + IN_FLIGHT))
        .thenCancel()
        .verify(PATIENCE);
    assertThat(client.calls).hasSize(100 + IN_FLIGHT);
  }

  @Test
  void pendingCalls_startNoMoreThanDemandAndInFlight() {
    client.onStop = request -> Mono.never();
    ShutdownRun run = FleetShutdown.create(client, options).run(fleet(10_000));
    StepVerifier.create(run.outcomes(), 0)
        .then(() -> assertThat(started(run)).isZero())
        .thenRequest(10)
        .then(() -> assertThat(started(run)).isEqualTo(10 + IN_FLIGHT))
        .thenRequest(20)
        .then(() -> assertThat(started(run)).isEqualTo(30 + IN_FLIGHT))
        .then(() -> assertThat(client.calls).hasSize(IN_FLIGHT))
        .thenRequest(Long.MAX_VALUE)
        .then(() -> assertThat(started(run)).isEqualTo(options.maxOpen()))
        .thenCancel()
        .verify(PATIENCE);
  }

  private Mono<StopInstance.Result> accept(StopInstance request) {
    client.states.put(request.instanceId().value(), "STOPPING");
    return Mono.just(new StopInstance.Result("req", 1));
  }

  @Test
  void awaitedInstances_doNotCountAgainstDemand() {
    client.onStop = this::accept;
    ShutdownRun run =
        FleetShutdown.create(client, ShutdownOptions.builder().protectTag("").build())
            .run(fleet(10_000));
    StepVerifier.create(run.outcomes(), 0)
        .thenRequest(32)
        .then(() -> assertThat(started(run)).isEqualTo(options.maxOpen()))
        .thenCancel()
        .verify(PATIENCE);
  }

  @Tag("guarantee:demand")
  @Test
  void subscriberThatRequestsNoMore_stopsTheCalls() {
    Sinks.Empty<Void> answer = Sinks.empty();
    client.onStop =
        request -> {
          if (request.instanceId().equals(InstanceId.of("i-0"))) {
            return client.stop(request);
          }
          return answer.asMono().then(Mono.defer(() -> accept(request)));
        };
    ShutdownOptions awaiting =
        ShutdownOptions.builder()
            .protectTag("")
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(10)))
            .build();
    ShutdownRun run = FleetShutdown.create(client, awaiting).run(fleet(10_000));
    AtomicLong started = new AtomicLong();
    StepVerifier.create(run.outcomes(), 0)
        .thenRequest(1)
        .expectNextCount(1)
        .then(() -> started.set(started(run)))
        // The accepted call makes room for one more, unless its outcome is delivered first.
        .then(() -> assertThat(started).hasValueBetween(1 + IN_FLIGHT, 2 + IN_FLIGHT))
        .then(answer::tryEmitEmpty)
        .then(() -> assertThat(started(run)).isEqualTo(started.get()))
        .thenRequest(1)
        .then(() -> awaitStarted(run, 1 + awaiting.maxOpen()))
        .thenCancel()
        .verify(PATIENCE);
  }

  private static void awaitStarted(ShutdownRun run, long expected) {
    run.progressUpdates()
        .next()
        .filter(progress -> progress.started() == expected)
        .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5)))
        .block(PATIENCE);
  }

  private static long started(ShutdownRun run) {
    return Objects.requireNonNull(run.progressUpdates().blockFirst(PATIENCE)).started();
  }

  @Test
  void requestOneAtATime_deliversAll() {
    StepVerifier.Step<ShutdownOutcome> step = StepVerifier.create(stop(fleet(500)), 0);
    for (int i = 0; i < 500; i++) {
      step = step.thenRequest(1).expectNextCount(1);
    }
    step.expectComplete().verify(PATIENCE);
    assertThat(client.called()).hasSize(500).doesNotHaveDuplicates();
  }

  @Test
  void duplicates_consumeNoDemand() {
    Flux<InstanceId> often = fleet(300).concatMapIterable(id -> List.of(id, id, id, id, id));
    StepVerifier.create(stop(often.concatWith(fleet(300))), 0)
        .thenRequest(236)
        .expectNextCount(236)
        .then(() -> assertThat(client.calls).hasSize(300))
        .thenRequest(1_000)
        .expectNextCount(64)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void setOfIds_isStoppedOnceEach() {
    Set<InstanceId> ids = new IdSet();
    fleet(500).subscribe(ids::add);
    StepVerifier.create(
            FleetShutdown.create(client, options).run(ids, Waves.none()).outcomes(), 100)
        .expectNextCount(100)
        .then(() -> assertThat(client.calls).hasSize(100 + IN_FLIGHT))
        .thenRequest(1_000)
        .expectNextCount(400)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(client.called())
        .containsExactlyElementsOf(ids.stream().map(InstanceId::value).toList());
  }

  @Test
  void slowSource_isAwaitedAndItsEndCompletes() {
    TestPublisher<InstanceId> source = TestPublisher.create();
    StepVerifier.create(stop(source.flux()), 2)
        .then(() -> source.next(InstanceId.of("i-1")))
        .expectNextCount(1)
        .then(() -> source.next(InstanceId.of("i-2")))
        .expectNextCount(1)
        .then(() -> source.next(InstanceId.of("i-3")))
        .then(() -> assertThat(client.calls).hasSize(3))
        .then(source::complete)
        .thenRequest(1)
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    StepVerifier.create(stop(Flux.empty()), 0).expectComplete().verify(PATIENCE);
  }

  @Test
  void sourceError_followsEarlierOutcomes() {
    Flux<InstanceId> broken = fleet(100).concatWith(Flux.error(new IllegalStateException("gone")));
    StepVerifier.create(stop(broken), 0)
        .thenRequest(10)
        .expectNextCount(10)
        .thenRequest(1_000)
        .expectNextCount(90)
        .expectErrorMessage("gone")
        .verify(PATIENCE);
  }

  @Test
  void skippedOutcomes_needDemand() {
    Sinks.Empty<Void> end = Sinks.empty();
    Flux<ShutdownOutcome> stopping =
        FleetShutdown.create(client, options.mutate().maxInFlight(1).build())
            .stop(fleet(1_000), end.asMono());
    client.onStop =
        request ->
            end.asMono()
                .then(
                    Mono.error(
                        EcsException.builder(EcsErrors.INVALID_ARGUMENT, Delivery.REJECTED)
                            .build()));
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    StepVerifier.create(stopping.doOnNext(outcomes::add), 20)
        .then(end::tryEmitEmpty)
        .expectNextCount(20)
        .thenRequest(1)
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(outcomes).filteredOn(outcome -> outcome instanceof Skipped).hasSize(20);
  }

  @Tag("guarantee:one-outcome")
  @Test
  void randomDemand_boundHoldsAndEachIdHasOneOutcome() throws InterruptedException {
    long seed = Long.getLong("fleetstop.seed", System.nanoTime());
    LOG.info("random demand by -Dfleetstop.seed={}", seed);
    for (int round = 0; round < 20; round++) {
      randomDemand(new Random(seed + round));
    }
  }

  private static EcsException refusal() {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
  }

  private void randomDemand(Random random) throws InterruptedException {
    client.calls.clear();
    client.onStop =
        request ->
            switch (Math.floorMod(request.instanceId().value().hashCode(), 3)) {
              case 0 -> client.stop(request);
              case 1 -> Mono.error(refusal());
              default -> Mono.delay(Duration.ofNanos(200_000)).then(client.stop(request));
            };
    Flux<InstanceId> someTwice =
        fleet(1_000)
            .concatMapIterable(id -> random.nextInt(4) == 0 ? List.of(id, id) : List.of(id));
    AtomicLong requested = new AtomicLong();
    AtomicInteger beyond = new AtomicInteger();
    Queue<String> emitted = new ConcurrentLinkedQueue<>();
    CountDownLatch end = new CountDownLatch(1);
    stop(someTwice)
        .subscribe(
            new BaseSubscriber<>() {
              private long outstanding;

              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                more();
              }

              private void more() {
                outstanding = 1L + random.nextInt(40);
                requested.addAndGet(outstanding);
                request(outstanding);
              }

              @Override
              protected void hookOnNext(ShutdownOutcome outcome) {
                emitted.add(outcome.instanceId().value());
                if (client.calls.size() > requested.get() + IN_FLIGHT) {
                  beyond.incrementAndGet();
                }
                if (--outstanding == 0) {
                  more();
                }
              }

              @Override
              protected void hookOnComplete() {
                end.countDown();
              }
            });
    assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(emitted).hasSize(1_000).doesNotHaveDuplicates();
    assertThat(beyond).hasValue(0);
  }

  @Test
  void concurrentRequestsAndCancel_respectDemand() {
    Scheduler threads = Schedulers.newBoundedElastic(16, 100, "race");
    try {
      for (int round = 0; round < 500; round++) {
        client.calls.clear();
        AtomicInteger emitted = new AtomicInteger();
        AtomicBoolean cancelled = new AtomicBoolean();
        BaseSubscriber<ShutdownOutcome> subscriber =
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                // The racing threads request.
              }

              @Override
              protected void hookOnNext(ShutdownOutcome outcome) {
                emitted.incrementAndGet();
              }
            };
        stop(fleet(1_000).doOnCancel(() -> cancelled.set(true))).subscribe(subscriber);
        if (round % 2 == 0) {
          RaceTestUtils.race(threads, () -> subscriber.request(3), () -> subscriber.request(4));
          assertThat(emitted).hasValue(7);
          assertThat(client.calls).hasSize(7 + IN_FLIGHT);
          subscriber.cancel();
        } else {
          RaceTestUtils.race(threads, () -> subscriber.request(3), subscriber::cancel);
          assertThat(emitted.get()).isLessThanOrEqualTo(3);
          assertThat(client.calls).hasSizeLessThanOrEqualTo(3 + IN_FLIGHT);
        }
        assertThat(cancelled).isTrue();
      }
    } finally {
      threads.dispose();
    }
  }
}
