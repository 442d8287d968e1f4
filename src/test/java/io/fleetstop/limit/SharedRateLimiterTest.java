package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Processes that share a quota which they do not know, in virtual time. */
class SharedRateLimiterTest {

  private static final int SEED = 7;
  private static final int SECONDS = 60;
  private static final int PLENTY = 1_000_000;

  @ParameterizedTest
  @CsvSource({"8, 50, 10, 1", "8, 50, 10, 5", "8, 90, 90, 1"})
  void unknownQuota_isUsedByAllFromTheStart(
      int processes, int quota, int burst, int roundTripMillis) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    SimulatedQuota service =
        new SimulatedQuota(time, SEED, SimulatedQuota.Shape.TOKEN_BUCKET, at -> quota).burst(burst);
    SimulatedStore store = new SimulatedStore(time, Duration.ofMillis(roundTripMillis));
    time.advanceTimeBy(Duration.ofSeconds(100));
    AdaptiveOptions options =
        AdaptiveOptions.builder().ceiling(1_000).scheduler(() -> time).build();
    List<SimulatedQuota.Caller> callers =
        IntStream.range(0, processes)
            .mapToObj(i -> SharedRateLimiter.adaptive("stop", store.of(i), options))
            .map(limiter -> service.start(limiter, PLENTY))
            .toList();
    time.advanceTimeBy(Duration.ofSeconds(SECONDS));

    double accepted = sum(callers, caller -> caller.accepted.size());
    double refused = sum(callers, caller -> caller.refused.size());
    double squares = sum(callers, caller -> caller.accepted.size() * caller.accepted.size());
    assertThat(accepted / (quota * SECONDS)).as("used").isGreaterThan(0.97);
    assertThat(refused / (accepted + refused)).as("refused").isLessThan(0.02);
    assertThat(accepted * accepted / (processes * squares)).as("Jain").isGreaterThan(0.95);
    assertThat(store.leases() / SECONDS).as("commands").isLessThan(30 * processes);
  }

  private static double sum(
      List<SimulatedQuota.Caller> callers, ToIntFunction<SimulatedQuota.Caller> count) {
    return callers.stream().mapToInt(count).sum();
  }
}
