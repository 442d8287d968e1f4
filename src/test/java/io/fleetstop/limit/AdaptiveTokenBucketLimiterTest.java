package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.limit.RateLimiter.Permit;
import io.fleetstop.limit.SimulatedQuota.Caller;
import io.fleetstop.limit.SimulatedQuota.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.test.scheduler.VirtualTimeScheduler;

class AdaptiveTokenBucketLimiterTest {

  private static final int SEEDS = 6;

  private VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @AfterEach
  void stopTime() {
    time.dispose();
  }

  private void restartTime() {
    time.dispose();
    time = VirtualTimeScheduler.create();
  }

  private AdaptiveRateLimiter adaptive(double ceiling) {
    VirtualTimeScheduler clock = time;
    return RateLimiter.adaptive(
        AdaptiveOptions.builder().ceiling(ceiling).scheduler(() -> clock).build());
  }

  /** An unknown quota, slow start included, with the same defaults. */
  @ParameterizedTest
  @CsvSource({
    "TOKEN_BUCKET, 20, 100", "TOKEN_BUCKET, 50, 100", "TOKEN_BUCKET, 90, 100",
    "TOKEN_BUCKET, 500, 1000", "FIXED_WINDOWS, 20, 100", "FIXED_WINDOWS, 50, 100",
    "FIXED_WINDOWS, 90, 100", "FIXED_WINDOWS, 500, 1000"
  })
  void unknownQuota_isUsedWithFewRejections(Shape shape, int quota, int ceiling) {
    double refused = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> quota);
      Caller caller = service.start(adaptive(ceiling), quota * 60);
      service.finish(caller);
      assertThat(60 / caller.endedAt).as("used, seed %d", seed).isGreaterThanOrEqualTo(0.95);
      // At 20 per second, 2 per cent are 24 calls; a single run varies.
      assertThat(caller.refusedShare()).as("refused, seed %d", seed).isLessThan(0.025);
      refused += caller.refusedShare() / SEEDS;
    }
    assertThat(refused).as("refused").isLessThanOrEqualTo(0.02);
  }

  /** The calls of a stall arrive at once, which resembles a lower quota. */
  @ParameterizedTest
  @CsvSource({
    "TOKEN_BUCKET, 90, 100",
    "TOKEN_BUCKET, 500, 1000",
    "FIXED_WINDOWS, 90, 100",
    "FIXED_WINDOWS, 500, 1000"
  })
  void stallingService_keepsTheRate(Shape shape, int quota, int ceiling) {
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> quota);
      service.stall(7, 0.2);
      Caller caller = service.start(adaptive(ceiling), quota * 60);
      service.finish(caller);
      // Stalls take three per cent of the time.
      assertThat(60 / caller.endedAt).as("used, seed %d", seed).isGreaterThan(0.9);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void changingQuota_isFollowed(Shape shape) {
    DoubleUnaryOperator quota = at -> at < 20 ? 50 : at < 40 ? 20 : 80;
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, quota);
      Caller caller = service.start(adaptive(100), 20 * 50 + 20 * 20 + 25 * 80);
      service.finish(caller);
      assertThat(caller.rate(5, 20) / 50).as("first, seed %d", seed).isGreaterThan(0.9);
      assertThat(caller.rate(25, 40) / 20).as("fallen, seed %d", seed).isGreaterThan(0.9);
      assertThat(caller.rate(45, 60) / 80).as("risen, seed %d", seed).isGreaterThan(0.9);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void sharedQuota_leavesRoomForTheOtherCaller(Shape shape) {
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> 50);
      Caller ours = service.start(adaptive(100), 4_000);
      time.advanceTimeBy(Duration.ofSeconds(20));
      VirtualTimeScheduler clock = time;
      Caller other =
          service.start(
              RateLimiter.tokenBucket(TokenBucketOptions.of(25, 1).withScheduler(() -> clock)),
              2_000);
      time.advanceTimeBy(Duration.ofSeconds(40));
      assertThat(ours.rate(25, 60)).as("ours, seed %d", seed).isGreaterThan(0.8 * 25);
      assertThat(other.rate(25, 60)).as("other, seed %d", seed).isGreaterThan(0.8 * 25);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void twoAdaptiveCallers_shareTheQuota(Shape shape) {
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> 50);
      Caller first = service.start(adaptive(100), 4_000);
      time.advanceTimeBy(Duration.ofSeconds(20));
      Caller second = service.start(adaptive(100), 4_000);
      time.advanceTimeBy(Duration.ofSeconds(40));
      assertThat(first.rate(25, 60)).as("first, seed %d", seed).isGreaterThan(5);
      assertThat(second.rate(25, 60)).as("second, seed %d", seed).isGreaterThan(5);
      assertThat(first.rate(25, 60) + second.rate(25, 60)).isGreaterThan(0.9 * 50);
    }
  }

  @ParameterizedTest
  @EnumSource(Shape.class)
  void knownQuota_isFullyUsed(Shape shape) {
    double refused = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      restartTime();
      VirtualTimeScheduler clock = time;
      SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> 50);
      Caller caller =
          service.start(
              RateLimiter.tokenBucket(TokenBucketOptions.of(50, 1).withScheduler(() -> clock)),
              3_000);
      service.finish(caller);
      assertThat(60 / caller.endedAt).as("used, seed %d", seed).isGreaterThanOrEqualTo(0.98);
      refused += caller.refusedShare() / SEEDS;
    }
    assertThat(refused).as("refused").isLessThanOrEqualTo(0.005);
  }

  @Test
  void sameSeed_sameRun() {
    List<List<Double>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      restartTime();
      SimulatedQuota service = new SimulatedQuota(time, 7, Shape.FIXED_WINDOWS, at -> 50);
      Caller caller = service.start(adaptive(100), 500);
      service.finish(caller);
      runs.add(caller.accepted);
    }
    assertThat(runs.get(0)).isEqualTo(runs.get(1));
  }

  @Test
  void emptyQueue_causesNoProbing() {
    AdaptiveRateLimiter limiter = adaptive(100);
    for (int i = 0; i < 100; i++) {
      Permit permit = limiter.acquire().block();
      assertThat(permit).isNotNull();
      permit.succeeded();
      time.advanceTimeBy(Duration.ofMillis(200));
    }
    assertThat(limiter.rate()).isEqualTo(10);
  }

  @Test
  void boundsAndRate_changeAtRuntime() {
    AdaptiveRateLimiter limiter = adaptive(100);
    SimulatedQuota service = new SimulatedQuota(time, 1, Shape.TOKEN_BUCKET, at -> 1_000);
    service.start(limiter, 100_000);
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(limiter.rate()).isEqualTo(100);
    limiter.changeBounds(1, 40);
    assertThat(limiter.rate()).isEqualTo(40);
    limiter.changeBounds(60, 200);
    assertThat(limiter.rate()).isGreaterThanOrEqualTo(60);
    assertThat(limiter.floor()).isEqualTo(60);
    assertThat(limiter.ceiling()).isEqualTo(200);
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(limiter.rate()).isEqualTo(200);
    limiter.changeRate(70);
    assertThat(limiter.rate()).isEqualTo(70);
    assertThat(limiter.waiting()).isPositive();
    assertThatThrownBy(() -> limiter.changeBounds(2, 1))
        .hasMessage("floor must be at most ceiling, was 2.0 > 1.0");
  }

  @Test
  void retryAfter_pausesTheBucket() {
    AdaptiveRateLimiter limiter = adaptive(100);
    Permit permit = limiter.acquire().block();
    assertThat(permit).isNotNull();
    permit.throttled(Duration.ofSeconds(3));
    List<Long> grantedAt = new ArrayList<>();
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.SECONDS)));
    time.advanceTimeBy(Duration.ofSeconds(4));
    assertThat(grantedAt).containsExactly(3L);
    assertThat(limiter.throttledCount()).isEqualTo(1);
    assertThat(limiter.available()).isEqualTo(1);
  }

  /** Counts the permits of four quarter seconds; each call succeeds at once. */
  private List<Integer> firstSecond(AdaptiveRateLimiter limiter) {
    List<Integer> counts = new ArrayList<>();
    AtomicInteger granted = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      limiter
          .acquire()
          .subscribe(
              permit -> {
                granted.incrementAndGet();
                permit.succeeded();
              });
    }
    for (int quarter = 0; quarter < 4; quarter++) {
      time.advanceTimeBy(Duration.ofMillis(250));
      counts.add(granted.getAndSet(0));
    }
    return counts;
  }

  @Test
  void timeBeforeTheFirstCall_isNoGrowth() {
    List<Integer> atOnce = firstSecond(adaptive(100));
    AdaptiveRateLimiter idle = adaptive(100);
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(firstSecond(idle)).isEqualTo(atOnce);
    assertThat(atOnce).containsExactly(3, 4, 6, 8);
  }

  @Test
  void shareOfOverload_lowersTheRate_aSingleOneDoesNot() {
    AdaptiveRateLimiter limiter = adaptive(100);
    Permit single = limiter.acquire().block();
    assertThat(single).isNotNull();
    single.overloaded(null);
    assertThat(limiter.rate()).isEqualTo(10);
    assertThat(limiter.throttledCount()).isZero();
    for (int i = 0; i < 20; i++) {
      limiter.acquire().subscribe(permit -> permit.overloaded(null));
    }
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(limiter.rate()).isLessThan(10);
    assertThat(limiter.throttledCount()).isPositive();
  }

  @Test
  void retryAfterOfAnOverload_holdsEverybody() {
    AdaptiveRateLimiter limiter = adaptive(100);
    Permit permit = limiter.acquire().block();
    assertThat(permit).isNotNull();
    permit.overloaded(Duration.ofSeconds(3));
    List<Long> grantedAt = new ArrayList<>();
    limiter.acquire().subscribe(p -> grantedAt.add(time.now(TimeUnit.SECONDS)));
    time.advanceTimeBy(Duration.ofSeconds(4));
    assertThat(grantedAt).containsExactly(3L);
  }

  @Test
  void invalidOptions_areRejected() {
    assertThat(AdaptiveOptions.defaults().initialRate()).isEqualTo(10);
    assertThat(AdaptiveOptions.builder().ceiling(5).build().initialRate()).isEqualTo(5);
    assertThat(AdaptiveOptions.builder().floor(20).build().mutate().build().initialRate())
        .isEqualTo(20);
    assertThatThrownBy(() -> AdaptiveOptions.builder().ceiling(5).initialRate(6).build())
        .hasMessage("initialRate must be at most ceiling, was 6.0 > 5.0");
    assertThatThrownBy(() -> AdaptiveOptions.builder().floor(3).initialRate(2).build())
        .hasMessage("floor must be at most initialRate, was 3.0 > 2.0");
    assertThatThrownBy(() -> AdaptiveOptions.builder().floor(3).ceiling(2).build())
        .hasMessage("floor must be at most ceiling, was 3.0 > 2.0");
    assertThat(AdaptiveOptions.builder().floor(3).build().floor()).isEqualTo(3);
    assertThatThrownBy(() -> AdaptiveOptions.builder().floor(0).build())
        .hasMessageContaining("floor must be greater than 0");
    assertThatThrownBy(() -> AdaptiveOptions.builder().maxWaiting(-1).build())
        .hasMessage("maxWaiting must be at least 1, was -1");
  }
}
