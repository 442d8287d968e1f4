package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.fleetstop.limit.AdaptiveRate.Phase;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** Growth of the rate by phase, and holds. */
class AdaptiveGrowthTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long STEP = SECOND / 100;
  private static final double HIGH = 1e6;
  private static final Percentage CLOSE = withPercentage(0.5);

  private long now;

  /** Accepted calls, a hundred per second, while others are queued. */
  private AdaptiveRate grow(AdaptiveRate from, double seconds) {
    AdaptiveRate state = from;
    for (long calls = Math.round(seconds * 100); calls > 0; calls--) {
      now += STEP;
      state = state.succeeded(now, true);
    }
    return state;
  }

  private AdaptiveRate refuse(AdaptiveRate state) {
    return state.throttled(now, now - STEP, state.rate());
  }

  private AdaptiveRate searching() {
    return refuse(grow(AdaptiveRate.start(1, HIGH, 100, now), 1));
  }

  private AdaptiveRate hovering() {
    return refuse(grow(searching(), 2));
  }

  @Test
  void slowStart_doublesEachHalfSecondThenFaster() {
    AdaptiveRate twofold = grow(AdaptiveRate.start(1, HIGH, 10, now), 0.5);
    assertThat(twofold.rate()).isCloseTo(20, CLOSE);
    AdaptiveRate fourfold = grow(twofold, 0.5);
    assertThat(fourfold.rate()).isCloseTo(40, CLOSE);
    AdaptiveRate state = grow(fourfold, 2 * 0.36);
    assertThat(state.rate()).isCloseTo(160, CLOSE);
    assertThat(state.phase()).isEqualTo(Phase.SLOW_START);
  }

  @Test
  void search_approachesTheEstimateThenProbesSlowly() {
    AdaptiveRate state = searching();
    assertThat(state.phase()).isEqualTo(Phase.SEARCH);
    approachesAndCreeps(state, 0.3, 1.2);
  }

  @Test
  void steady_keepsTheQuotaThenProbesFast() {
    AdaptiveRate state = hovering();
    assertThat(state.phase()).isEqualTo(Phase.STEADY);
    approachesAndCreeps(state, 3.6, 0.4);
  }

  private void approachesAndCreeps(AdaptiveRate from, double creep, double doubling) {
    double origin = from.origin();
    double plateau = from.plateau();
    assertThat(origin).isEqualTo(from.rate()).isLessThan(plateau);
    AdaptiveRate state = grow(from, 1.1);
    assertThat(plateau - state.rate()).isCloseTo((plateau - origin) / 8, withPercentage(2));
    state = grow(state, 1.1);
    assertThat(state.rate()).isCloseTo(plateau, CLOSE);
    state = grow(state, creep);
    double crept = plateau * (1 + 0.022 * creep);
    assertThat(state.rate()).isCloseTo(crept, withPercentage(0.1));
    state = grow(state, doubling);
    assertThat(state.rate()).isCloseTo(2 * crept, withPercentage(1));
    state = grow(state, doubling);
    assertThat(state.rate()).isCloseTo(4 * crept, withPercentage(1));
  }

  @Test
  void rareReplies_limitTheGrowth() {
    AdaptiveRate start = AdaptiveRate.start(1, HIGH, 10, now);

    assertThat(start.succeeded(now + 60 * SECOND, true).rate()).isCloseTo(40, CLOSE);
    assertThat(start.succeeded(now + 60 * SECOND, true).age()).isEqualTo(1);
  }

  @Test
  void lateReply_doesNotMoveTimeBack() {
    AdaptiveRate state = grow(AdaptiveRate.start(1, HIGH, 10, now), 0.5);

    AdaptiveRate late = state.succeeded(now - SECOND, true);

    assertThat(late.age()).isEqualTo(state.age());
    assertThat(late.rate()).isEqualTo(state.rate());
    assertThat(late.lastSuccessAtNanos()).isEqualTo(now);
  }

  @Test
  void raisedCeiling_isApproachedGradually() {
    AdaptiveRate capped = grow(AdaptiveRate.start(1, 50, 10, now), 60);
    assertThat(capped.rate()).isEqualTo(50);

    AdaptiveRate raised = grow(capped.bounded(1, HIGH), 0.1);

    assertThat(raised.rate()).isBetween(50.0, 65.0);
  }

  @Test
  void changedBounds_applyAtOnce() {
    AdaptiveRate state = AdaptiveRate.start(1, 100, 50, now);

    assertThat(state.bounded(60, 100).rate()).isEqualTo(60);
    assertThat(state.bounded(1, 40).rate()).isEqualTo(40);
    assertThat(state.bounded(1, 40).bounded(1, 100).rate()).isEqualTo(40);
  }

  @Test
  void throttle_isAttributedToTheRateAtSending() {
    AdaptiveRate ramp = grow(AdaptiveRate.start(1, HIGH, 100, now), 1);

    AdaptiveRate bySent = ramp.throttled(now, now - STEP, ramp.rate() / 2);

    assertThat(bySent.plateau()).isBetween(ramp.rate() * 0.3, ramp.rate() / 2);
    assertThat(refuse(ramp).plateau()).isGreaterThan(ramp.rate() / 2);
  }

  @Test
  void endOfSlowStart_holdsForFourPermits() {
    AdaptiveRate ramp = grow(AdaptiveRate.start(1, HIGH, 100, now), 1);
    AdaptiveRate slowed = refuse(ramp);

    assertThat(slowed.holdNanos(ramp, now - STEP))
        .isCloseTo((long) (4 * SECOND / slowed.rate()), CLOSE);
  }

  @Test
  void firstDecrease_doesNotHold() {
    AdaptiveRate before = grow(searching(), 2);
    AdaptiveRate slowed = refuse(before);
    assertThat(slowed.phase()).isEqualTo(Phase.STEADY);
    assertThat(slowed.holdNanos(before, now - STEP)).isZero();

    long sent = now;
    now += STEP;
    AdaptiveRate sentBefore = slowed.throttled(now, sent, slowed.rate());
    assertThat(sentBefore.holdNanos(slowed, sent)).isZero();
    AdaptiveRate sentAfter = slowed.throttled(now, sent + 1, slowed.rate());
    assertThat(sentAfter.holdNanos(slowed, sent + 1))
        .isCloseTo((long) (4 * SECOND / sentAfter.rate()), CLOSE);
  }

  @Test
  void throttlesWithinAnEpoch_causeOneDecrease() {
    AdaptiveRate slowed = hovering();
    long decided = now;
    // Replies keep arriving; otherwise it would be a stall.
    for (; now < decided + 89 * STEP; now += STEP) {
      slowed = slowed.succeeded(now, false);
    }

    AdaptiveRate within = slowed.throttled(decided + 899 * SECOND / 1000, decided + 1, 1_000);
    assertThat(within.rate()).isEqualTo(slowed.rate());
    AdaptiveRate later = slowed.throttled(decided + 900 * SECOND / 1000, decided + 1, 1_000);
    assertThat(later.rate()).isLessThan(slowed.rate());
    AdaptiveRate sentBefore = slowed.throttled(decided + SECOND, decided, 1_000);
    assertThat(sentBefore.rate()).isEqualTo(slowed.rate());
  }
}
