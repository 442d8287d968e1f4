package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

class PacedFluxTest {

  /** More threads than racers: two that wait for each other need one thread each. */
  private static final int RACE_THREADS = 16;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @AfterEach
  void stopTime() {
    time.dispose();
  }

  private FixedRateLimiter limiter(double rate, int burst) {
    return RateLimiter.tokenBucket(TokenBucketOptions.of(rate, burst).withScheduler(() -> time));
  }

  @Test
  void elements_passInOrderAtTheRate() {
    List<String> seen = new ArrayList<>();
    limiter(10, 1)
        .pace(Flux.range(1, 4))
        .subscribe(
            i -> seen.add(i + "@" + time.now(TimeUnit.MILLISECONDS)),
            e -> seen.add("error"),
            () -> seen.add("done@" + time.now(TimeUnit.MILLISECONDS)));
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(seen).containsExactly("1@0", "2@100", "3@200", "4@300", "done@300");
  }

  @Test
  void request_needsDemandAndPermit() {
    AtomicLong requested = new AtomicLong();
    FixedRateLimiter limiter = limiter(10, 1);
    StepVerifier.create(limiter.pace(Flux.range(0, 100).doOnRequest(requested::addAndGet)), 0)
        .then(() -> time.advanceTimeBy(Duration.ofSeconds(10)))
        .then(() -> assertThat(requested).hasValue(0))
        .thenRequest(3)
        .expectNext(0)
        .then(() -> assertThat(requested).hasValue(1))
        .then(() -> time.advanceTimeBy(Duration.ofMillis(100)))
        .expectNext(1)
        .then(() -> assertThat(requested).hasValue(2))
        .then(() -> time.advanceTimeBy(Duration.ofSeconds(10)))
        .expectNext(2)
        .then(() -> assertThat(requested).hasValue(3))
        .then(() -> assertThat(limiter.waiting()).isZero())
        .thenCancel()
        .verify();
  }

  @Test
  void slowSource_holdsOnePermit() {
    FixedRateLimiter limiter = limiter(10, 5);
    TestPublisher<Integer> source = TestPublisher.create();
    limiter.pace(source.flux()).subscribe();
    source.assertMinRequested(1);
    assertThat(limiter.available()).isEqualTo(4);
    source.next(1);
    assertThat(limiter.available()).isEqualTo(3);
  }

  @Test
  void cancel_endsTheWaitAndTheSource() {
    FixedRateLimiter limiter = limiter(1, 1);
    TestPublisher<Integer> source = TestPublisher.create();
    limiter.acquire().subscribe();
    var paced = limiter.pace(source.flux()).subscribe();
    assertThat(limiter.waiting()).isEqualTo(1);
    paced.dispose();
    assertThat(limiter.waiting()).isZero();
    source.assertCancelled();
  }

  @Test
  void sourceCompletion_endsTheWait() {
    FixedRateLimiter limiter = limiter(1, 1);
    TestPublisher<Integer> completing = TestPublisher.create();
    TestPublisher<Integer> failing = TestPublisher.create();
    limiter.acquire().subscribe();
    StepVerifier.create(limiter.pace(completing.flux()))
        .then(completing::complete)
        .verifyComplete();
    StepVerifier.create(limiter.pace(failing.flux()))
        .then(() -> failing.error(new IllegalStateException("source")))
        .verifyErrorMessage("source");
    assertThat(limiter.waiting()).isZero();
  }

  @Test
  void fullQueue_cancelsTheSourceAndFails() {
    RateLimiter limiter =
        RateLimiter.tokenBucket(
            TokenBucketOptions.of(1, 1).withMaxWaiting(1).withScheduler(() -> time));
    Flux.range(0, 2).flatMap(i -> limiter.acquire()).subscribe();
    TestPublisher<Integer> source = TestPublisher.create();
    StepVerifier.create(limiter.pace(source.flux())).verifyError(EcsException.class);
    source.assertCancelled();
  }

  @Test
  void longSource_doesNotOverflowTheStack() {
    StepVerifier.create(RateLimiter.unlimited().pace(Flux.range(0, 200_000)))
        .expectNextCount(200_000)
        .verifyComplete();
    StepVerifier.create(limiter(1e6, 200_000).pace(Flux.range(0, 200_000)))
        .expectNextCount(200_000)
        .verifyComplete();
  }

  /** A grant on the timer thread, a cancel and the end of the source, concurrently. */
  @Test
  void grantRacingCancelAndCompletion_keepsTheRules() {
    Scheduler threads = Schedulers.newBoundedElastic(RACE_THREADS, 100, "race");
    AtomicLong nanos = new AtomicLong();
    ManualScheduler leaping = new ManualScheduler(nanos);
    try {
      for (int round = 0; round < 2_000; round++) {
        TokenBucketLimiter limiter =
            new TokenBucketLimiter(TokenBucketOptions.of(1, 1).withScheduler(() -> leaping));
        limiter.acquire().subscribe();
        AtomicInteger ends = new AtomicInteger();
        AtomicInteger elements = new AtomicInteger();
        AtomicInteger overlapping = new AtomicInteger();
        TestPublisher<Integer> source =
            TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
        BaseSubscriber<Integer> paced =
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
              }

              @Override
              protected void hookOnNext(Integer value) {
                elements.incrementAndGet();
                if (ends.get() > 0) {
                  overlapping.incrementAndGet();
                }
              }

              @Override
              protected void hookOnComplete() {
                ends.incrementAndGet();
              }
            };
        limiter.pace(source.flux()).subscribe(paced);
        nanos.addAndGet(1_000_000_000L);
        if (round % 2 == 0) {
          RaceTestUtils.race(threads, () -> limiter.changeRate(1), paced::cancel);
          source.assertCancelled();
        } else {
          RaceTestUtils.race(threads, () -> limiter.changeRate(1), source::complete);
          assertThat(ends).hasValue(1);
        }
        assertThat(limiter.waiting()).isZero();
        assertThat(overlapping).hasValue(0);
        assertThat(elements.get()).isLessThanOrEqualTo(1);
      }
    } finally {
      threads.dispose();
    }
  }

  @Test
  void overproducingSource_leavesNoNegativeDemand() {
    TestPublisher<Integer> source =
        TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);

    AtomicLong requested = new AtomicLong();
    BaseSubscriber<Integer> subscriber =
        new BaseSubscriber<>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }
        };
    RateLimiter.unlimited()
        .pace(source.flux().doOnRequest(requested::addAndGet))
        .subscribe(subscriber);

    source.next(1, 2);
    assertThat(requested).hasValue(1);
    subscriber.request(2);

    assertThat(requested).hasValue(2);
  }
}
