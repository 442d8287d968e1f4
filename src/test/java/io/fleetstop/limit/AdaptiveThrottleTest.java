package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.fleetstop.limit.AdaptiveRate.Phase;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** What one throttle shows, by the state before it; the figures are those of the default tuning. */
class AdaptiveThrottleTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 100 * SECOND;
  private static final long SENT = NOW - SECOND / 100;
  private static final double PLATEAU = 100;
  private static final double AT_PROBE = PLATEAU * (1 + 0.022 * (5.8 - 2.2));
  private static final Percentage EXACTLY = withPercentage(1e-6);

  /** A state whose last decrease is ten seconds ago. */
  private static AdaptiveRate state(Phase phase, double rate, double age, int accepted) {
    return state(phase, rate, age, accepted, NOW - 10 * SECOND);
  }

  private static AdaptiveRate state(
      Phase phase, double rate, double age, int accepted, long epochStart) {
    return new AdaptiveRate(
        AdaptiveTuning.DEFAULT,
        1,
        1_000,
        rate,
        phase,
        PLATEAU,
        PLATEAU,
        age,
        NOW,
        epochStart,
        false,
        SlidingCount.of(NOW, List.of(accepted)),
        SlidingCount.none(NOW),
        ReplyGap.none(NOW));
  }

  private static AdaptiveRate throttled(AdaptiveRate state) {
    return state.throttled(NOW, SENT, state.rate());
  }

  private static double belowBySlowGrowth(double rate, double at) {
    return rate * (1 - Math.sqrt(2 * 0.022 / at));
  }

  private static double belowByDoublingIn(double seconds, double at) {
    return at * (1 - Math.sqrt(2 * Math.log(2) / seconds / at));
  }

  @Test
  void nearTheQuota_theEstimateIsJustBelow() {
    AdaptiveRate after = throttled(state(Phase.STEADY, 100, 0.5, 95));

    assertThat(after.plateau()).isCloseTo(belowBySlowGrowth(100, 100), EXACTLY);
    assertThat(after.rate()).isCloseTo(after.plateau() * (1 - Math.sqrt(0.00044) - 0.005), EXACTLY);
    assertThat(after.phase()).isEqualTo(Phase.STEADY);
    assertThat(after.age()).isZero();
  }

  @Test
  void countOfTheLastSecond_isTheEstimateOnceItIsValid() {
    double below = belowBySlowGrowth(100, 100);
    assertThat(throttled(state(Phase.STEADY, 100, 1, 95)).plateau()).isCloseTo(below, EXACTLY);
    assertThat(throttled(state(Phase.STEADY, 100, 1.01, 95)).plateau()).isEqualTo(95);
    assertThat(throttled(state(Phase.STEADY, 100, 1.01, 99)).plateau()).isCloseTo(below, EXACTLY);
  }

  @Test
  void rateFarAboveTheCount_takesItAtOnce() {
    // 93 * (1 + 0.03 + 4.5 / 100) is just below 100.
    assertThat(throttled(state(Phase.STEADY, 100, 0.5, 93)).plateau()).isEqualTo(93);
    assertThat(throttled(state(Phase.STEADY, 100, 0.5, 94)).plateau()).isGreaterThan(97);
  }

  @Test
  void afterAStall_theCountIsTooLow() {
    AdaptiveRate steady = state(Phase.STEADY, 100, 3, 95);
    AdaptiveRate stalled =
        steady.counted(steady.accepted(), steady.rejected(), new ReplyGap(NOW, NOW - SECOND / 2));

    assertThat(throttled(stalled).plateau()).isCloseTo(belowBySlowGrowth(100, 100), EXACTLY);
  }

  @Test
  void probeAtTheUnchangedQuota_returnsToWhereItStarted() {
    AdaptiveRate after = throttled(state(Phase.STEADY, 150, 6, 120));

    assertThat(after.plateau()).isCloseTo(belowBySlowGrowth(AT_PROBE, 150), EXACTLY);
    assertThat(after.phase()).isEqualTo(Phase.STEADY);
  }

  @Test
  void probeThatStartsNow_isStillSlowGrowth() {
    assertThat(throttled(state(Phase.STEADY, 150, 5.8, 150)).plateau())
        .isCloseTo(belowBySlowGrowth(150, 150), EXACTLY);
    assertThat(throttled(state(Phase.STEADY, 150, 5.9, 150)).plateau())
        .isCloseTo(belowByDoublingIn(0.4, 150), EXACTLY);
  }

  @Test
  void probeThatFoundAHigherQuota_searches() {
    // More than 1.15 times the rate at which it started.
    AdaptiveRate after = throttled(state(Phase.STEADY, 150, 6, 130));

    assertThat(after.plateau()).isCloseTo(belowByDoublingIn(0.4, 150), EXACTLY);
    assertThat(after.phase()).isEqualTo(Phase.SEARCH);
  }

  @Test
  void searchThatDoubled_isSteadyBelow() {
    AdaptiveRate after = throttled(state(Phase.SEARCH, 150, 2.6, 100));

    assertThat(after.plateau()).isCloseTo(belowByDoublingIn(1.2, 150), EXACTLY);
    assertThat(after.phase()).isEqualTo(Phase.STEADY);
  }

  @Test
  void throttlesOfOneEpoch_changeNothing() {
    long start = NOW - SECOND * 9 / 10;
    AdaptiveRate within = state(Phase.STEADY, 100, 0.5, 95, start + 1);
    assertThat(throttled(within).rate()).isEqualTo(100);

    AdaptiveRate over = state(Phase.STEADY, 100, 0.5, 95, start);
    assertThat(throttled(over).rate()).isLessThan(100);
    assertThat(over.throttled(NOW, start, 100).rate()).isEqualTo(100);
    assertThat(over.throttled(NOW, start + 1, 100).rate()).isLessThan(100);
  }

  @Test
  void thirdThrottle_correctsADecreaseThatWasTooSmall() {
    AdaptiveRate second = throttled(throttled(state(Phase.STEADY, 100, 0.5, 10, SENT)));
    assertThat(second.corrected()).isFalse();
    assertThat(second.rate()).isEqualTo(100);

    AdaptiveRate third = throttled(second);

    assertThat(third.corrected()).isTrue();
    assertThat(third.phase()).isEqualTo(Phase.SEARCH);
    assertThat(third.plateau()).isEqualTo(0.95 * 10);
    assertThat(third.rate()).isCloseTo(0.95 * 10 * 10 / 13, EXACTLY);
    // All callers are held for four permits, once.
    assertThat(third.holdNanos(second, SENT)).isEqualTo((long) (4 * SECOND / third.rate()));
    AdaptiveRate fourth = throttled(third);
    assertThat(fourth.rate()).isEqualTo(third.rate());
    assertThat(fourth.holdNanos(third, SENT)).isZero();
  }

  @Test
  void tenthOfTheCalls_isNoReasonForACorrection() {
    AdaptiveRate tenth = throttled(throttled(throttled(state(Phase.STEADY, 100, 0.5, 27, SENT))));
    assertThat(tenth.corrected()).isFalse();
    assertThat(throttled(tenth).corrected()).isTrue();
  }

  @Test
  void rateBelowTheAcceptedCalls_isNotCorrected() {
    // Ten of twenty calls: the rate would be corrected down to at least 5.
    assertThat(throttledTenTimes(4.9).corrected()).isFalse();
    assertThat(throttledTenTimes(8).corrected()).isTrue();
  }

  private static AdaptiveRate throttledTenTimes(double rate) {
    AdaptiveRate state = state(Phase.STEADY, rate, 0.5, 10, SENT);
    SlidingCount nine = SlidingCount.of(NOW, List.of(9));
    return throttled(state.counted(state.accepted(), nine, state.stalls()));
  }

  @Test
  void throttleAfterAGap_isTheEndOfAStall() {
    AdaptiveRate state = state(Phase.STEADY, 100, 3, 95);
    long later = NOW + SECOND / 10;

    assertThat(state.throttled(later, NOW, 100).rate()).isLessThan(100);
    assertThat(state.throttled(later + 1, NOW, 100).rate()).isEqualTo(100);
    assertThat(state.throttled(later + 1, NOW, 100).rejected().perSecond(later)).isZero();
  }

  @Test
  void growthThatReachesTheCeiling_ends() {
    AdaptiveRate start = AdaptiveRate.start(1, 20, 10, NOW);

    AdaptiveRate capped = start.advanced(NOW + SECOND / 2, true);

    assertThat(capped.rate()).isEqualTo(20);
    assertThat(capped.age()).isZero();
  }
}
