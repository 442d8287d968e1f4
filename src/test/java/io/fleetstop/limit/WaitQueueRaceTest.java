package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;

/**
 * Enqueue against cancel against grant. Grants are counted where they are emitted: a subscriber may
 * drop signals after its cancel.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaitQueueRaceTest {

  /** More threads than racers: two that wait for each other need one thread each. */
  private static final int RACE_THREADS = 16;

  private static final int ROUNDS = 5_000;

  private final AtomicLong nanos = new AtomicLong();
  private final ManualScheduler time = new ManualScheduler(nanos);
  private Scheduler threads = Schedulers.immediate();

  @BeforeAll
  void startThreads() {
    threads = Schedulers.newBoundedElastic(RACE_THREADS, 100, "race");
  }

  @AfterAll
  void stopThreads() {
    threads.dispose();
  }

  private TokenBucketLimiter limiter() {
    return new TokenBucketLimiter(TokenBucketOptions.of(1, 1).withScheduler(() -> time));
  }

  @Test
  void permit_isSpentOnlyWithASubscription() {
    for (int round = 0; round < ROUNDS; round++) {
      TokenBucketLimiter limiter = limiter();
      limiter.acquire().subscribe();
      AtomicInteger subscribed = new AtomicInteger();
      Disposable waiting =
          limiter.limit(Mono.never().doOnSubscribe(s -> subscribed.incrementAndGet())).subscribe();
      nanos.addAndGet(1_000_000_000L);
      RaceTestUtils.race(threads, () -> limiter.changeRate(1), waiting::dispose);
      assertThat(limiter.waiting()).isZero();
      assertThat(limiter.available()).isEqualTo(1 - subscribed.get());
    }
  }

  @Test
  void cancelledWaiter_passesItsPermitOn() {
    for (int round = 0; round < ROUNDS; round++) {
      TokenBucketLimiter limiter = limiter();
      limiter.acquire().subscribe();
      AtomicInteger first = new AtomicInteger();
      AtomicInteger second = new AtomicInteger();
      Disposable leaving = limiter.acquire().doOnNext(p -> first.incrementAndGet()).subscribe();
      limiter.acquire().doOnNext(p -> second.incrementAndGet()).subscribe();
      nanos.addAndGet(1_000_000_000L);
      RaceTestUtils.race(threads, () -> limiter.changeRate(1), leaving::dispose);
      limiter.changeRate(1);
      assertThat(first.get() + second.get()).isEqualTo(1);
    }
  }

  @Test
  void enqueue_racesCancelAndGrant() {
    for (int round = 0; round < ROUNDS; round++) {
      TokenBucketLimiter limiter = limiter();
      AtomicInteger granted = new AtomicInteger();
      Disposable.Swap arriving = Disposables.swap();
      RaceTestUtils.race(
          threads,
          () ->
              arriving.update(
                  limiter.acquire().doOnNext(p -> granted.incrementAndGet()).subscribe()),
          arriving::dispose,
          () -> limiter.acquire().doOnNext(p -> granted.incrementAndGet()).subscribe());
      assertThat(granted.get()).isBetween(0, 1);
      assertThat(limiter.available()).isEqualTo(1 - granted.get());
      assertThat(limiter.waiting()).isBetween(0, 1);
    }
  }

  @Tag("guarantee:slot-release")
  @Test
  void slot_isReleasedHoweverCancelMeetsTheEnd() {
    for (int round = 0; round < ROUNDS; round++) {
      ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
      Sinks.One<Integer> reply = Sinks.one();
      AtomicInteger values = new AtomicInteger();
      Disposable call = limiter.limit(reply.asMono()).subscribe(value -> values.incrementAndGet());
      RaceTestUtils.race(threads, () -> reply.tryEmitValue(1), call::dispose);
      assertThat(limiter.inFlight()).isZero();
      assertThat(values.get()).isBetween(0, 1);
    }
  }

  @Test
  void cancelDuringSubscribe_cancelsTheCall() {
    for (int round = 0; round < ROUNDS; round++) {
      ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
      AtomicInteger running = new AtomicInteger();
      Mono<Object> call =
          Mono.never()
              .doOnSubscribe(s -> running.incrementAndGet())
              .doOnCancel(running::decrementAndGet);
      Sinks.One<Integer> first = Sinks.one();
      limiter.limit(first.asMono()).subscribe();
      Disposable second = limiter.limit(call).subscribe();
      RaceTestUtils.race(threads, () -> first.tryEmitValue(1), second::dispose);
      assertThat(running).hasValue(0);
      assertThat(limiter.inFlight()).isZero();
      assertThat(limiter.waiting()).isZero();
    }
  }

  @Test
  void load_losesNoPermitAndGrantsNoneTwice() {
    FixedRateLimiter limiter = RateLimiter.tokenBucket(TokenBucketOptions.of(50_000, 100));
    int callers = 20_000;
    AtomicInteger done = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    Flux.range(0, callers)
        .parallel(3)
        .runOn(Schedulers.parallel())
        .flatMap(
            i -> {
              Mono<Integer> call =
                  limiter.limit(Mono.fromRunnable(calls::incrementAndGet).thenReturn(i));
              return i % 3 == 0 ? call.timeout(Duration.ofMillis(20), Mono.just(-1)) : call;
            },
            false,
            1_000)
        .sequential()
        .doOnNext(i -> done.incrementAndGet())
        .blockLast(Duration.ofSeconds(20));
    assertThat(done).hasValue(callers);
    assertThat(calls.get()).isBetween(callers * 2 / 3, callers);
    assertThat(limiter.waiting()).isZero();
  }
}
