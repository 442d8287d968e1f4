package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class TokenBucketLimiterTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @AfterEach
  void stopTime() {
    time.dispose();
  }

  private FixedRateLimiter limiter(double rate, int burst) {
    return RateLimiter.tokenBucket(TokenBucketOptions.of(rate, burst).withScheduler(() -> time));
  }

  private void pass(long millis) {
    time.advanceTimeBy(Duration.ofMillis(millis));
  }

  @Test
  void burst_isGrantedAtOnceThenEvenly() {
    FixedRateLimiter limiter = limiter(10, 3);
    List<Long> grantedAt = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    }
    pass(1000);
    assertThat(grantedAt).containsExactly(0L, 0L, 0L, 100L, 200L, 300L);
  }

  @Test
  void permits_areGrantedInOrder() {
    FixedRateLimiter limiter = limiter(100, 1);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int who = i;
      limiter.acquire().subscribe(p -> order.add(who));
    }
    pass(1000);
    assertThat(order).hasSize(50).isSorted();
  }

  @Test
  void cancelWhileQueued_costsNothing() {
    FixedRateLimiter limiter = limiter(10, 1);
    List<String> order = new ArrayList<>();
    limiter.acquire().subscribe(p -> order.add("first"));
    Disposable gone = limiter.acquire().subscribe(p -> order.add("gone"));
    limiter.acquire().subscribe(p -> order.add("third"));
    assertThat(limiter.waiting()).isEqualTo(2);
    gone.dispose();
    assertThat(limiter.waiting()).isEqualTo(1);
    pass(100);
    assertThat(order).containsExactly("first", "third");
  }

  @Test
  void millionPermits_doNotDrift() {
    // A rate whose interval is not a whole number of nanoseconds.
    double rate = 7_000.0 / 3;
    FixedRateLimiter limiter = limiter(rate, 1);
    AtomicLong granted = new AtomicLong();
    AtomicLong lastAt = new AtomicLong();
    int permits = 1_000_000;
    Flux.range(0, permits)
        .concatMap(i -> limiter.acquire())
        .subscribe(
            p -> {
              granted.incrementAndGet();
              lastAt.set(time.now(TimeUnit.NANOSECONDS));
            });
    time.advanceTimeBy(Duration.ofMinutes(10));
    assertThat(granted).hasValue(permits);
    double due = (permits - 1) / rate * 1e9;
    assertThat(lastAt.get()).isBetween((long) due - 1_000, (long) due + 1_000);
  }

  @Test
  void fullQueue_failsAtOnceAndNamesTheBound() {
    RateLimiter limiter =
        RateLimiter.tokenBucket(
            TokenBucketOptions.of(1, 1).withMaxWaiting(2).withScheduler(() -> time));
    limiter.acquire().subscribe();
    limiter.acquire().subscribe();
    Disposable second = limiter.acquire().subscribe();
    List<Throwable> errors = new ArrayList<>();
    limiter.acquire().subscribe(p -> {}, errors::add);
    assertThat(errors)
        .singleElement()
        .isInstanceOfSatisfying(
            EcsException.class,
            full -> {
              assertThat(full.errorCode()).isEqualTo(ClientErrors.RATE_LIMITER_FULL);
              assertThat(full.delivery()).isEqualTo(Delivery.NOT_SENT);
              assertThat(full).hasMessageContaining("maxWaiting = 2");
            });
    second.dispose();
    limiter.acquire().subscribe(p -> {}, errors::add);
    assertThat(errors).hasSize(1);
    assertThat(limiter.waiting()).isEqualTo(2);
  }

  @Test
  void retryAfter_pausesTheBucket() {
    FixedRateLimiter limiter = limiter(10, 5);
    List<Long> grantedAt = new ArrayList<>();
    Permit refused = limiter.acquire().block();
    assertThat(refused).isNotNull();
    refused.throttled(Duration.ofSeconds(2));
    assertThat(limiter.throttledCount()).isEqualTo(1);
    assertThat(limiter.available()).isZero();
    for (int i = 0; i < 3; i++) {
      limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    }
    pass(1_999);
    assertThat(grantedAt).isEmpty();
    pass(1_001);
    assertThat(grantedAt).containsExactly(2_000L, 2_100L, 2_200L);
  }

  @Test
  void retryAfter_holdsQueuedCallers() {
    FixedRateLimiter limiter = limiter(10, 1);
    List<Long> grantedAt = new ArrayList<>();
    Permit refused = limiter.acquire().block();
    assertThat(refused).isNotNull();
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    refused.throttled(Duration.ofMillis(500));
    refused.throttled(Duration.ofMillis(300));
    pass(1_000);
    assertThat(grantedAt).containsExactly(500L);
  }

  @Test
  void retryAfter_pausesAtMostAMinute() {
    FixedRateLimiter limiter = limiter(10, 1);
    Permit refused = limiter.acquire().block();
    assertThat(refused).isNotNull();
    refused.throttled(Duration.ofDays(100_000));
    List<Long> grantedAt = new ArrayList<>();
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    time.advanceTimeBy(Duration.ofSeconds(61));
    assertThat(grantedAt).containsExactly(60_100L);
  }

  @Test
  void gauges_reportRateAvailableAndWaiting() {
    FixedRateLimiter limiter = limiter(10, 3);
    assertThat(limiter.rate()).isEqualTo(10);
    assertThat(limiter.available()).isEqualTo(3);
    limiter.acquire().subscribe();
    assertThat(limiter.available()).isEqualTo(2);
    Flux.range(0, 4).flatMap(i -> limiter.acquire()).subscribe();
    assertThat(limiter.available()).isZero();
    assertThat(limiter.waiting()).isEqualTo(2);
    pass(200);
    assertThat(limiter.waiting()).isZero();
    pass(200);
    assertThat(limiter.available()).isEqualTo(2);
    pass(10_000);
    assertThat(limiter.available()).isEqualTo(3);
  }

  @Test
  void changedRate_appliesToQueuedCallers() {
    FixedRateLimiter limiter = limiter(1, 1);
    List<Long> grantedAt = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    }
    pass(500);
    limiter.changeRate(10);
    assertThat(limiter.rate()).isEqualTo(10);
    pass(150);
    limiter.changeRate(1);
    pass(3_000);
    // Half a permit at 1/s and half at 10/s; one at 10/s; the rest of the last at 1/s.
    assertThat(grantedAt).containsExactly(0L, 550L, 650L, 1_650L);
  }

  @Test
  void lateTimers_loseNothingUpToTheCatchUp() {
    FixedRateLimiter limiter = limiter(50, 1);
    AtomicLong granted = new AtomicLong();
    Flux.range(0, 10_000)
        .concatMap(i -> limiter.acquire())
        .subscribe(p -> granted.getAndIncrement());
    // Time in steps of 37 ms: every timer is late, by up to nearly two permits.
    for (int i = 0; i < 1_000; i++) {
      pass(37);
      time.advanceTime();
    }
    assertThat(granted.get()).isBetween(1_849L, 1_852L);
  }

  @Test
  void stall_isCaughtUpOnlyPartly() {
    // Time that jumps, as after a suspended machine resumes.
    AtomicLong nanos = new AtomicLong();
    ManualScheduler leaping = new ManualScheduler(nanos);
    FixedRateLimiter limiter =
        RateLimiter.tokenBucket(TokenBucketOptions.of(100, 2).withScheduler(() -> leaping));
    AtomicLong granted = new AtomicLong();
    Flux.range(0, 10_000).flatMap(i -> limiter.acquire()).subscribe(p -> granted.getAndIncrement());
    assertThat(granted).hasValue(2);
    nanos.addAndGet(60_000_000_000L);
    leaping.runDue();
    // The burst of 2, and 5 permits of catch-up at 100/s over 50 ms.
    assertThat(granted).hasValue(2 + 2 + 5);
  }

  @Test
  void emptyQueue_schedulesNoTimer() {
    ManualScheduler timers = new ManualScheduler(new AtomicLong());
    FixedRateLimiter limiter =
        RateLimiter.tokenBucket(TokenBucketOptions.of(10, 1).withScheduler(() -> timers));
    limiter.acquire().subscribe();
    assertThat(timers.armed()).isZero();
    Disposable second = limiter.acquire().subscribe();
    Disposable third = limiter.acquire().subscribe();
    assertThat(timers.armed()).isEqualTo(1);
    second.dispose();
    assertThat(timers.armed()).isEqualTo(1);
    third.dispose();
    assertThat(timers.armed()).isZero();
    limiter.acquire().subscribe();
    timers.advance(Duration.ofMillis(100));
    assertThat(timers.armed()).isZero();
    assertThat(limiter.waiting()).isZero();
  }

  @Test
  void cancelledWaiters_areRemovedFromTheQueue() {
    FixedRateLimiter limiter = limiter(1, 1);
    limiter.acquire().subscribe();
    List<Long> grantedAt = new ArrayList<>();
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    for (int i = 0; i < 100_000; i++) {
      limiter.acquire().subscribe().dispose();
    }
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.MILLISECONDS)));
    assertThat(limiter.waiting()).isEqualTo(2);
    assertThat(((TokenBucketLimiter) limiter).queueLength()).isLessThan(200);
    pass(2_000);
    assertThat(grantedAt).containsExactly(1_000L, 2_000L);
  }

  @Test
  void requestInGrant_doesNotRecurse() {
    FixedRateLimiter limiter = limiter(1e6, 100_000);
    AtomicLong granted = new AtomicLong();
    again(limiter, granted);
    assertThat(granted).hasValue(100_000);
  }

  private static void again(RateLimiter limiter, AtomicLong granted) {
    limiter
        .acquire()
        .subscribe(
            p -> {
              granted.incrementAndGet();
              again(limiter, granted);
            });
  }

  /** Throws on a signal, and again on the resulting error. */
  private static CoreSubscriber<Permit> throwing() {
    return new BaseSubscriber<>() {
      @Override
      protected void hookOnNext(Permit permit) {
        throw new IllegalStateException("a receiver that throws");
      }

      @Override
      protected void hookOnError(Throwable error) {
        throw new IllegalStateException(error);
      }
    };
  }

  @Test
  void throwingSubscriber_doesNotStopTheQueue() {
    List<Throwable> dropped = new ArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    FixedRateLimiter limiter = limiter(10, 1);
    limiter.acquire().subscribe(throwing());
    List<Permit> granted = new ArrayList<>();
    limiter.acquire().subscribe(granted::add);
    Hooks.resetOnErrorDropped();
    pass(100);
    assertThat(granted).hasSize(1);
    assertThat(dropped).hasSize(1);
  }

  @Test
  void nonPositiveRequest_fails() {
    List<Throwable> errors = new ArrayList<>();
    limiter(10, 1)
        .acquire()
        .subscribe(
            new CoreSubscriber<>() {
              @Override
              public void onSubscribe(Subscription subscription) {
                subscription.request(0);
                subscription.request(1);
              }

              @Override
              public void onNext(Permit permit) {
                errors.add(new AssertionError("granted"));
              }

              @Override
              public void onError(Throwable error) {
                errors.add(error);
              }

              @Override
              public void onComplete() {}
            });
    assertThat(errors).singleElement().isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rejectingScheduler_failsTheWait() {
    Scheduler disposed = Schedulers.newSingle("disposed");
    disposed.dispose();
    RateLimiter limiter =
        RateLimiter.tokenBucket(TokenBucketOptions.of(1, 1).withScheduler(() -> disposed));
    limiter.acquire().subscribe();
    List<Throwable> errors = new ArrayList<>();
    limiter.acquire().subscribe(p -> {}, errors::add);
    assertThat(errors).singleElement().isInstanceOf(RejectedExecutionException.class);
    assertThat(limiter.waiting()).isZero();
  }

  @Test
  void backwardClock_restartsTheBucket() {
    AtomicLong nanos = new AtomicLong(5_000_000_000_000L);
    ManualScheduler clock = new ManualScheduler(nanos);
    RateLimiter limiter =
        RateLimiter.tokenBucket(TokenBucketOptions.of(10, 1).withScheduler(() -> clock));
    limiter.acquire().subscribe();
    nanos.set(0);
    List<Permit> granted = new ArrayList<>();
    limiter.acquire().subscribe(granted::add);
    clock.advance(Duration.ofMillis(100));
    assertThat(granted).hasSize(1);
  }

  @Test
  void invalidOptions_areRejected() {
    assertThatThrownBy(() -> RateLimiter.tokenBucket(0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "permitsPerSecond must be greater than 0 and at most 1.0E9 per second, was 0.0");
    assertThatThrownBy(() -> RateLimiter.tokenBucket(Double.NaN, 1)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> RateLimiter.tokenBucket(1, 0))
        .hasMessage("burst must be at least 1, was 0");
    assertThatThrownBy(() -> TokenBucketOptions.of(1, 1).withMaxWaiting(0))
        .hasMessage("maxWaiting must be at least 1, was 0");
    FixedRateLimiter limiter = limiter(1, 1);
    assertThatThrownBy(() -> limiter.changeRate(-1)).hasMessageContaining("was -1.0");
  }

  @Tag("guarantee:fatal-isolation")
  @Test
  void fatalError_stopsNoOtherCaller() {
    RateLimiter limiter = RateLimiter.tokenBucket(1e6, 10);
    Mono<Object> fatal =
        Mono.defer(
            () -> {
              throw new NoClassDefFoundError("on purpose");
            });

    assertThatThrownBy(() -> limiter.limit(fatal).subscribe())
        .isInstanceOf(NoClassDefFoundError.class);

    StepVerifier.create(limiter.limit(Mono.just(1))).expectNext(1).verifyComplete();
  }

  @Test
  void throwingSource_isAnError() {
    RateLimiter limiter = RateLimiter.tokenBucket(1e6, 10);
    Mono<Object> lawless =
        new Mono<>() {
          @Override
          public void subscribe(CoreSubscriber<? super Object> actual) {
            throw new IllegalStateException("on purpose");
          }
        };

    StepVerifier.create(limiter.limit(lawless)).verifyErrorMessage("on purpose");
    StepVerifier.create(limiter.limit(Mono.just(1))).expectNext(1).verifyComplete();
  }

  @Test
  void throwingHook_stopsNoOtherCaller() {
    RateLimiter limiter = RateLimiter.tokenBucket(1e6, 10);
    Hooks.onErrorDropped(
        dropped -> {
          throw new IllegalStateException("hooked");
        });
    try {
      assertThatThrownBy(() -> limiter.acquire().subscribe(throwing())).hasMessage("hooked");
    } finally {
      Hooks.resetOnErrorDropped();
    }

    StepVerifier.create(limiter.limit(Mono.just(1))).expectNext(1).verifyComplete();
  }
}
