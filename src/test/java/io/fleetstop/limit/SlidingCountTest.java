package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlidingCountTest {

  private static final long SECOND = 1_000_000_000L;

  @Test
  void perSecond_countsTheSecondBefore() {
    SlidingCount count = SlidingCount.none(-5 * SECOND);
    for (int i = 0; i < 100; i++) {
      count = count.plus(-5 * SECOND + i * SECOND / 50);
    }
    long last = -5 * SECOND + 99 * SECOND / 50;
    assertThat(count.perSecond(last)).isBetween(49.0, 52.0);
    assertThat(count.perSecond(last + SECOND / 2)).isBetween(24.0, 27.0);
    assertThat(count.perSecond(last + 2 * SECOND)).isZero();
  }

  @Test
  void oldestSlot_countsByTheShareThatIsWithinTheSecond() {
    SlidingCount one = SlidingCount.none(0).plus(0);

    assertThat(one.perSecond(SECOND)).isEqualTo(1);
    assertThat(one.perSecond(SECOND + SlidingCount.SLOT_NANOS / 4)).isEqualTo(0.75);
    assertThat(one.perSecond(SECOND + SlidingCount.SLOT_NANOS)).isZero();
  }

  @Test
  void earlierInstant_hasNoEvents() {
    assertThat(SlidingCount.none(SECOND).plus(SECOND).perSecond(0)).isZero();
  }

  @Test
  void givenCounts_areTheCurrentSlotFirst() {
    SlidingCount given = SlidingCount.of(SECOND, List.of(1, 2));
    assertThat(given.perSecond(SECOND)).isEqualTo(3);
    assertThat(given.perSecond(SECOND + 19 * SlidingCount.SLOT_NANOS)).isEqualTo(3);
    assertThat(given.perSecond(SECOND + 20 * SlidingCount.SLOT_NANOS)).isEqualTo(1);
    assertThat(SlidingCount.of(SECOND, Collections.nCopies(30, 1)).perSecond(SECOND)).isEqualTo(21);
  }

  @Test
  void equality_isOfTheCounts() {
    SlidingCount one = SlidingCount.none(0).plus(0);
    assertThat(one).isEqualTo(SlidingCount.none(0).plus(0));
    assertThat(one).hasSameHashCodeAs(SlidingCount.none(0).plus(0));
    assertThat(one).doesNotHaveSameHashCodeAs(one.plus(0));
    assertThat(one).isNotEqualTo(one.plus(0));
    assertThat(one).isNotEqualTo(new SlidingCount(1, one.counts()));
  }
}
