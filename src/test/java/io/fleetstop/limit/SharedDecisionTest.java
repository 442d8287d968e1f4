package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.AdaptiveRate.Phase;
import io.fleetstop.limit.QuotaStore.Counts;
import io.fleetstop.limit.QuotaStore.Decision;
import io.fleetstop.limit.QuotaStore.Lease;
import io.fleetstop.limit.QuotaStore.SharedRate;
import io.fleetstop.limit.SharedDecision.Refusal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedDecisionTest {

  private static final long NOW = 1_800_000_000_000_000_000L;
  private static final long STEP = 100_000_000;
  private static final AdaptiveRate FRESH = AdaptiveRate.start(1, 1_000, 10, 0);

  private static SharedRate rate(double rate) {
    return new SharedRate(7, 3, rate, AdaptiveText.of(FRESH.restartingAt(rate, NOW - STEP)));
  }

  private static Lease lease(SharedRate rate, double tested, int accepted, int unused) {
    return new Lease(
        rate, NOW, 1, 0, 2, tested, new Counts(perSlot(accepted), perSlot(0), perSlot(unused)));
  }

  private static List<Integer> perSlot(int count) {
    return Collections.nCopies(21, count);
  }

  private static Decision decided(@Nullable Decision decision) {
    return Objects.requireNonNull(decision);
  }

  @Test
  void confirmedRate_growsWithoutAFence() {
    SharedRate current = rate(40);
    Decision decision =
        decided(SharedDecision.of(current, lease(current, 40, 2, 0), FRESH, List.of(), true));
    assertThat(decision.permitsPerSecond()).isGreaterThan(40);
    assertThat(decision.revision()).isEqualTo(3);
    assertThat(decision.fence()).isFalse();
  }

  @Test
  void rateAheadOfItsReplies_doesNotGrow() {
    SharedRate current = rate(40);
    Decision decision =
        decided(SharedDecision.of(current, lease(current, 15, 2, 0), FRESH, List.of(), true));
    assertThat(decision.permitsPerSecond()).isEqualTo(40);
  }

  @Test
  void unusedSlots_stopGrowth() {
    SharedRate current = rate(40);
    Decision decision =
        decided(SharedDecision.of(current, lease(current, 40, 2, 1), FRESH, List.of(), true));
    assertThat(decision.permitsPerSecond()).isEqualTo(40);
  }

  @Test
  void idleTime_isNoGrowth() {
    SharedRate current =
        new SharedRate(7, 3, 40, AdaptiveText.of(FRESH.restartingAt(40, NOW - 50 * STEP)));
    Decision decision =
        decided(SharedDecision.of(current, lease(current, 40, 2, 0), FRESH, List.of(), true));
    assertThat(decision.permitsPerSecond()).isEqualTo(40);
  }

  @Test
  void idleTime_postponesTheNextProbe() {
    AdaptiveRate steady =
        FRESH
            .restartingAt(100, NOW - 90 * STEP)
            .throttled(NOW - 90 * STEP + 2, NOW - 90 * STEP + 1, 100);
    for (int i = 85; i > 30; i--) {
      steady = steady.succeeded(NOW - i * STEP, true);
    }
    AdaptiveRate resumed = steady.resumedAt(NOW);
    assertThat(resumed.age()).isLessThan(steady.age());
    assertThat(resumed.rate()).isEqualTo(steady.rate());
    assertThat(resumed.advanced(NOW + STEP, true).rate()).isLessThan(1.05 * steady.rate());
  }

  @Test
  void stormOfRefusals_isNotExcusedByUnusedSlots() {
    SharedRate current = rate(200);
    Counts storm = new Counts(perSlot(2), perSlot(3), perSlot(8));
    Lease lease = new Lease(current, NOW, 1, 0, 2, 200, storm);
    Refusal refusal = new Refusal(NOW - STEP / 2, 200, 0);
    Decision decision =
        decided(SharedDecision.of(current, lease, FRESH, List.of(refusal, refusal, refusal), true));
    assertThat(decision.permitsPerSecond()).isLessThan(60);
  }

  @Test
  void moreRefusedThanAccepted_isNotExcusedByAStall() {
    SharedRate current =
        new SharedRate(7, 3, 200, AdaptiveText.of(FRESH.restartingAt(200, NOW - 11 * STEP)));
    Refusal duringTheStall = new Refusal(NOW - 3 * STEP, 200, 0);
    assertThat(afterAStall(current, 1, duringTheStall)).isEqualTo(200);
    assertThat(afterAStall(current, 2, duringTheStall)).isEqualTo(200);
    assertThat(afterAStall(current, 3, duringTheStall)).isLessThan(180);
  }

  /** Replies per slot, 2 accepted and some rejected, with a gap of 350 ms. */
  private static double afterAStall(SharedRate current, int rejected, Refusal refusal) {
    List<Integer> accepted = new ArrayList<>(perSlot(2));
    List<Integer> refused = new ArrayList<>(perSlot(rejected));
    for (int slot = 6; slot < 13; slot++) {
      accepted.set(slot, 0);
      refused.set(slot, 0);
    }
    Lease lease = new Lease(current, NOW, 1, 0, 2, 200, new Counts(accepted, refused, perSlot(0)));
    Decision decision = SharedDecision.of(current, lease, FRESH, List.of(refusal), true);
    return decision == null ? current.permitsPerSecond() : decision.permitsPerSecond();
  }

  @Test
  void refusal_isJudgedAtTheRateOfItsSlot() {
    SharedRate current = rate(200);
    Decision decision =
        decided(
            SharedDecision.of(
                current,
                lease(current, 100, 3, 0),
                FRESH,
                List.of(new Refusal(NOW - STEP / 2, 100, 0)),
                true));
    assertThat(decision.permitsPerSecond()).isBetween(70.0, 100.0);
    assertThat(decision.fence()).isTrue();
    assertThat(decision.holdNanos()).isPositive();
  }

  @Test
  void refusalOfACallBeforeTheLastDecrease_changesNothing() {
    AdaptiveRate lowered =
        FRESH.restartingAt(100, NOW - 5 * STEP).throttled(NOW - STEP, NOW - 2 * STEP, 100);
    SharedRate current = new SharedRate(8, 4, lowered.rate(), AdaptiveText.of(lowered));
    assertThat(
            SharedDecision.of(
                current,
                lease(current, 90, 5, 0),
                FRESH,
                List.of(new Refusal(NOW - 3 * STEP / 2, 100, 0)),
                true))
        .isNull();
  }

  @Test
  void text_hasTheWholeStateButBoundsAndCounts() {
    AdaptiveRate state =
        FRESH.restartingAt(100, NOW).succeeded(NOW + STEP, true).throttled(NOW + 2 * STEP, NOW, 90);
    AdaptiveRate read = AdaptiveText.parse(AdaptiveText.of(state), state.rate(), FRESH, NOW);
    assertThat(read.counted(state.accepted(), state.rejected(), state.stalls())).isEqualTo(state);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2 STEADY", "1 NONE 1 1 1 1 1 true 1 1"})
  void unreadableText_startsWithoutAnEstimate(String text) {
    assertThat(AdaptiveText.parse(text, 50, FRESH, NOW)).isEqualTo(FRESH.restartingAt(50, NOW));
  }

  @Test
  void shareOfALostStore_isAFractionThatFewRefusalsKeep() {
    LocalShare share = new LocalShare(FRESH.restartingAt(80, NOW).resumedAt(NOW), 8, false, NOW);
    assertThat(share.rate()).isEqualTo(10);
    // Its own calls are an eighth of all, which is no sign of a lower quota.
    share.throttled(NOW + STEP, NOW + STEP / 2, 80, 0);
    assertThat(share.rate()).isBetween(7.0, 10.0);
    share.succeeded(NOW + 10 * STEP, true);
    share.throttled(NOW + 20 * STEP, NOW + 19 * STEP, share.rateOfAll(), 0);
    assertThat(share.rate()).isGreaterThan(6);
  }

  @Test
  void shareOfAKnownRate_isKept() {
    LocalShare share = new LocalShare(AdaptiveRate.start(80, 80, 80, NOW), 8, true, NOW);
    share.throttled(NOW + STEP, NOW + STEP / 2, 80, 2 * STEP);
    assertThat(share.rate()).isEqualTo(10);
    share.fill(NOW + 2 * STEP);
    assertThat(share.isAvailable(NOW + 2 * STEP)).isFalse();
  }

  @Test
  void growth_isDecidedInStepsOfAtLeast50Milliseconds() {
    SharedRate soon = startedBefore(STEP / 2 - 1);
    assertThat(SharedDecision.of(soon, lease(soon, 40, 2, 0), FRESH, List.of(), true)).isNull();
    assertThat(grown(startedBefore(STEP / 2), 40, 2, 0)).isGreaterThan(40);
    // From a second on it is idle time.
    assertThat(grown(startedBefore(10 * STEP), 40, 2, 0)).isGreaterThan(100);
    assertThat(grown(startedBefore(10 * STEP + 1), 40, 2, 0)).isEqualTo(40);
  }

  @Test
  void growth_isConfirmedByHalfTheRateAndATenthUnused() {
    SharedRate current = rate(40);
    assertThat(grown(current, 20, 10, 1)).isGreaterThan(40);
    assertThat(grown(current, 19.9, 10, 1)).isEqualTo(40);
    assertThat(grown(current, 20, 9, 1)).isEqualTo(40);
  }

  private static SharedRate startedBefore(long nanos) {
    return new SharedRate(7, 3, 40, AdaptiveText.of(FRESH.restartingAt(40, NOW - nanos)));
  }

  private static double grown(SharedRate current, double tested, int accepted, int unused) {
    Lease lease = lease(current, tested, accepted, unused);
    return decided(SharedDecision.of(current, lease, FRESH, List.of(), true)).permitsPerSecond();
  }

  @Test
  void unusedSlots_countAsAcceptedUnlessATenthIsRefused() {
    AdaptiveRate steady =
        new AdaptiveRate(
            FRESH.tuning(),
            1,
            1_000,
            250,
            Phase.STEADY,
            250,
            250,
            3,
            NOW - STEP / 2,
            NOW - 40 * STEP,
            false,
            SlidingCount.none(NOW),
            SlidingCount.none(NOW),
            ReplyGap.none(NOW));
    SharedRate current = new SharedRate(7, 3, 250, AdaptiveText.of(steady));
    // 210 were accepted, and 42 slots were not used.
    assertThat(refused(current, 21)).isBetween(235.0, 250.0);
    assertThat(refused(current, 22)).isBetween(195.0, 210.0);
  }

  private static double refused(SharedRate current, int refusals) {
    List<Integer> rejected = new ArrayList<>(perSlot(0));
    rejected.set(0, refusals);
    Counts counts = new Counts(perSlot(10), rejected, perSlot(2));
    Lease lease = new Lease(current, NOW, 1, 0, 2, 250, counts);
    Refusal refusal = new Refusal(NOW - STEP / 2, 250, 0);
    return decided(SharedDecision.of(current, lease, FRESH, List.of(refusal), true))
        .permitsPerSecond();
  }

  @Test
  void stallThatEndsInTheCurrentSlot_excusesItsRefusals() {
    SharedRate current =
        new SharedRate(7, 3, 200, AdaptiveText.of(FRESH.restartingAt(200, NOW - 11 * STEP)));
    List<Integer> accepted = new ArrayList<>(perSlot(2));
    for (int slot = 1; slot < 8; slot++) {
      accepted.set(slot, 0);
    }
    Lease lease =
        new Lease(current, NOW, 1, 0, 2, 200, new Counts(accepted, perSlot(0), perSlot(0)));
    Refusal refusal = new Refusal(NOW - STEP, 200, 0);
    assertThat(SharedDecision.of(current, lease, FRESH, List.of(refusal), true)).isNull();
  }

  @Test
  void knownRate_isPausedForTheLongestHint() {
    SharedRate current = rate(40);
    Refusal none = new Refusal(NOW, 40, 0);
    assertThat(SharedDecision.pause(current, List.of(none))).isNull();
    assertThat(
            SharedDecision.pause(
                current, List.of(none, new Refusal(NOW, 40, 2), new Refusal(NOW, 40, 1))))
        .isEqualTo(new Decision(3, 40, "", true, 2));
  }

  @Test
  void rateOfALaterDecision_replacesAnEarlierOne() {
    SharedRate known = new SharedRate(7, 3, 40, "");
    assertThat(new SharedRate(7, 3, 50, "").replaces(known)).isTrue();
    assertThat(new SharedRate(7, 2, 50, "").replaces(known)).isFalse();
    assertThat(new SharedRate(8, 1, 50, "").replaces(known)).isTrue();
    assertThat(new SharedRate(6, 4, 50, "").replaces(known)).isFalse();
  }
}
