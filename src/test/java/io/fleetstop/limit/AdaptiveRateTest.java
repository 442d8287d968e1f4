package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.AdaptiveRate.Phase;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Properties of the transitions, over seeded histories. */
class AdaptiveRateTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int ROUNDS = 50;

  @RepeatedTest(ROUNDS)
  void rate_staysInBoundsAndNeverGrowsByAThrottle(RepetitionInfo round) {
    long seed = round.getCurrentRepetition();
    Random random = new Random(seed);
    double floor = 0.5 + 10 * random.nextDouble();
    double ceiling = floor + 500 * random.nextDouble();
    long now = random.nextLong();
    AdaptiveRate state = AdaptiveRate.start(floor, ceiling, 1_000 * random.nextDouble(), now);
    for (int i = 0; i < 5_000; i++) {
      now += (long) (SECOND * Math.pow(random.nextDouble(), 8));
      double before = state.rate();
      if (random.nextInt(10) == 0) {
        long sentAt = now - (long) (SECOND * random.nextDouble());
        state = state.throttled(now, sentAt, before * (0.5 + random.nextDouble()));
        assertThat(state.rate()).as("after a refusal, seed %d", seed).isLessThanOrEqualTo(before);
      } else {
        boolean busy = random.nextInt(4) > 0;
        state = state.succeeded(now, busy);
        assertThat(state.rate()).as("after success, seed %d", seed).isGreaterThanOrEqualTo(before);
        if (!busy) {
          assertThat(state.rate()).as("idle, seed %d", seed).isEqualTo(before);
        }
      }
      assertThat(state.rate()).as("bounds, seed %d", seed).isBetween(floor, ceiling);
    }
  }

  @RepeatedTest(ROUNDS)
  void recoversToTheCeiling(RepetitionInfo round) {
    long seed = round.getCurrentRepetition();
    Random random = new Random(seed);
    AdaptiveRate state = AdaptiveRate.start(1, 100, 10, 0);
    long now = 0;
    for (int i = 0; i < 500; i++) {
      now += (long) (SECOND * 0.2 * random.nextDouble());
      state =
          random.nextBoolean()
              ? state.succeeded(now, true)
              : state.throttled(now, now - SECOND / 10, state.rate());
    }
    double low = state.rate();
    assertThat(low).as("slowed, seed %d", seed).isLessThan(100);
    for (int i = 0; i < 20 * 60; i++) {
      now += SECOND / 20;
      state = state.succeeded(now, true);
    }
    assertThat(state.rate()).as("a minute later, seed %d", seed).isEqualTo(100);
  }

  @Test
  void congestion_causesOneDecrease() {
    long now = 0;
    AdaptiveRate state = AdaptiveRate.start(1, 1_000, 100, now);
    for (int i = 0; i < 200; i++) {
      now += SECOND / 100;
      state = state.succeeded(now, false);
    }
    AdaptiveRate once = state.throttled(now, now - SECOND / 20, 100);
    assertThat(once.rate()).isLessThan(100);
    // Too few throttles for a correction, all of calls sent before.
    AdaptiveRate after = once;
    for (int i = 0; i < 7; i++) {
      after = after.throttled(now + SECOND / 20, now - SECOND / 50, 100);
    }
    assertThat(after.rate()).isEqualTo(once.rate());
    // Sent well after the decrease: another congestion epoch.
    AdaptiveRate later = once.succeeded(now + SECOND / 4, false);
    assertThat(later.throttled(now + SECOND, now + SECOND / 2, 100).rate())
        .isLessThan(later.rate());
  }

  @Test
  void smallDecrease_isCorrectedByTheDeliveryRate() {
    long now = 0;
    AdaptiveRate state = AdaptiveRate.start(1, 1_000, 100, now);
    for (int i = 0; i < 20; i++) {
      now += SECOND / 20;
      state = state.succeeded(now, false);
    }
    for (int i = 0; i < 20; i++) {
      state = state.throttled(now, now - SECOND / 20, 100);
    }
    // Of twenty accepted calls per second.
    assertThat(state.rate()).isBetween(10.0, 20.0);
    assertThat(state.phase()).isEqualTo(Phase.SEARCH);
    assertThat(state.corrected()).isTrue();
  }

  /** Windows of 500, with slots for at most 550 calls per second. */
  @Test
  void excessiveRate_dropsToTheDeliveryRateAtOnce() {
    long now = 0;
    AdaptiveRate state = AdaptiveRate.start(1, 1_000, 750, now);
    for (int second = 0; second < 4; second++) {
      for (int call = 0; call < 550; call++) {
        now += SECOND / 550;
        state =
            call < 500
                ? state.succeeded(now, false)
                : state.throttled(now, now - SECOND / 50, state.rate());
      }
    }
    assertThat(state.rate()).isBetween(400.0, 520.0);
  }

  /** The likely error of an estimate falls with the root of the rate, and so does the decrease. */
  @Test
  void higherRate_decreasesBySmallerShare() {
    assertThat(stepBack(500)).isBetween(0.015, 0.03);
    assertThat(stepBack(90)).isBetween(0.04, 0.06);
    assertThat(stepBack(20)).isBetween(0.1, 0.13);
  }

  private static double stepBack(int quota) {
    AdaptiveRate state = AdaptiveRate.start(1, quota, quota, 0);
    long now = 0;
    for (int i = 0; i < 2 * quota; i++) {
      now += SECOND / quota;
      state = state.succeeded(now, true);
    }
    return 1 - state.throttled(now, now - SECOND / 20, quota).rate() / quota;
  }

  @Test
  void burstAfterAStall_isNoCongestion() {
    long now = 0;
    AdaptiveRate state = AdaptiveRate.start(1, 1_000, 100, now);
    for (int i = 0; i < 200; i++) {
      now += SECOND / 100;
      state = state.succeeded(now, false);
    }
    long stalled = now;
    now += SECOND / 5;
    AdaptiveRate heap = state.succeeded(now, false);
    for (int i = 0; i < 20; i++) {
      AdaptiveRate before = heap;
      heap = heap.throttled(now, stalled + i * SECOND / 100, 100);
      assertThat(heap.holdNanos(before, stalled)).isZero();
    }
    assertThat(heap.rate()).isEqualTo(state.rate());
    assertThat(heap.throttled(now + SECOND / 10, now + 1, 100).rate()).isLessThan(state.rate());
  }

  @Test
  void secondStallWithinASecond_countsAsCongestion() {
    AdaptiveRate state = AdaptiveRate.start(1, 1_000, 100, 0).succeeded(SECOND, false);
    AdaptiveRate again = state.succeeded(SECOND + SECOND / 2, false);
    assertThat(again.stalls().stallEndedAtNanos()).isEqualTo(SECOND);
    assertThat(again.throttled(SECOND + SECOND / 2, SECOND + SECOND / 4, 100).rate())
        .isLessThan(state.rate());
  }
}
