package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Processes that share a quota which they do not know, in virtual time. */
class SharedRateLimiterTest {

  private static final int SEED = 7;
  private static final int SECONDS = 60;
  private static final int PLENTY = 1_000_000;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private SimulatedStore store = new SimulatedStore(time, Duration.ZERO);
  private List<SimulatedQuota.Caller> callers = List.of();

  @ParameterizedTest
  @CsvSource({"8, 50, 10, 1", "8, 50, 10, 5", "8, 90, 90, 1"})
  void unknownQuota_isUsedByAllFromTheStart(
      int processes, int quota, int burst, int roundTripMillis) {
    start(processes, quota, burst, roundTripMillis);
    time.advanceTimeBy(Duration.ofSeconds(SECONDS));

    assertThat(used(quota)).as("used").isGreaterThan(0.97);
    assertThat(refused()).as("refused").isLessThan(0.02);
    double squares = sum(caller -> caller.accepted.size() * caller.accepted.size());
    assertThat(Math.pow(sum(caller -> caller.accepted.size()), 2) / (processes * squares))
        .as("Jain")
        .isGreaterThan(0.95);
    assertThat(store.leases() / SECONDS).as("commands").isLessThan(30 * processes);
  }

  @Test
  void lostStore_isReplacedByASharePerProcess() {
    start(8, 50, 10, 1);
    time.advanceTimeBy(Duration.ofSeconds(SECONDS / 2));
    store.lose();
    time.advanceTimeBy(Duration.ofSeconds(6));
    store.restart();
    time.advanceTimeBy(Duration.ofSeconds(SECONDS / 2 - 6));

    assertThat(used(50)).as("used").isGreaterThan(0.93);
    assertThat(refused()).as("refused").isLessThan(0.05);
  }

  /** As one process alone does: see {@link AdaptiveTokenBucketLimiterTest}. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shareOfOverload_lowersTheRate_aSingleOneDoesNot(boolean away) {
    SharedRateLimiter limiter = adaptive();
    if (away) {
      store.lose();
    }
    List<Permit> permits = new ArrayList<>();
    limiter.acquire().subscribe(permits::add);
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(permits).hasSize(1);
    double before = limiter.rate();
    permits.get(0).overloaded(null);
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(limiter.rate()).isEqualTo(before);
    assertThat(limiter.throttledCount()).isZero();

    for (int i = 0; i < 20; i++) {
      limiter.acquire().subscribe(permit -> permit.overloaded(null));
    }
    time.advanceTimeBy(Duration.ofSeconds(3));
    assertThat(limiter.isShared()).isNotEqualTo(away);
    assertThat(limiter.rate()).isLessThan(before);
    assertThat(limiter.throttledCount()).isPositive();
  }

  @Test
  void fewOverloadsAmongAcceptedCalls_areIgnored() {
    SharedRateLimiter limiter = adaptive();
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 400; i++) {
      limiter
          .acquire()
          .subscribe(
              permit -> {
                if (calls.incrementAndGet() % 20 == 0) {
                  permit.overloaded(null);
                } else {
                  permit.succeeded();
                }
              });
    }
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(calls).hasValue(400);
    assertThat(limiter.throttledCount()).isZero();
  }

  @Test
  void overloadOfAKnownRate_isIgnored() {
    SharedRateLimiter limiter =
        SharedRateLimiter.fixed(
            "stop", store.of(0), TokenBucketOptions.of(50, 1).withScheduler(() -> time));
    for (int i = 0; i < 50; i++) {
      limiter.acquire().subscribe(permit -> permit.overloaded(null));
    }
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(limiter.waiting()).isZero();
    assertThat(limiter.throttledCount()).isZero();
  }

  private SharedRateLimiter adaptive() {
    return SharedRateLimiter.adaptive(
        "stop", store.of(0), AdaptiveOptions.builder().ceiling(100).scheduler(() -> time).build());
  }

  private void start(int processes, int quota, int burst, int roundTripMillis) {
    SimulatedQuota service =
        new SimulatedQuota(time, SEED, SimulatedQuota.Shape.TOKEN_BUCKET, at -> quota).burst(burst);
    store = new SimulatedStore(time, Duration.ofMillis(roundTripMillis));
    time.advanceTimeBy(Duration.ofSeconds(100));
    AdaptiveOptions options =
        AdaptiveOptions.builder().ceiling(1_000).scheduler(() -> time).build();
    callers =
        IntStream.range(0, processes)
            .mapToObj(i -> SharedRateLimiter.adaptive("stop", store.of(i), options))
            .map(limiter -> service.start(limiter, PLENTY))
            .toList();
  }

  private double used(int quota) {
    return sum(caller -> caller.accepted.size()) / (quota * SECONDS);
  }

  private double refused() {
    double refused = sum(caller -> caller.refused.size());
    return refused / (refused + sum(caller -> caller.accepted.size()));
  }

  private double sum(ToIntFunction<SimulatedQuota.Caller> count) {
    return callers.stream().mapToInt(count).sum();
  }
}
