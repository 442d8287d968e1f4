package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.Waves.Size;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** How waves are divided among targets. */
class TargetWavesTest {

  @Test
  void proportionalWaves_haveTheirShareOfEachTarget() {
    Waves waves = Waves.of(Size.percent(10), Size.percent(50), Size.percent(100));

    assertThat(TargetWaves.of(waves, WaveOrder.PROPORTIONAL, List.of(100L, 50L, 10L)))
        .containsExactly(List.of(10L, 50L, 100L), List.of(5L, 25L, 50L), List.of(1L, 5L, 10L));
  }

  @Test
  void byTarget_eachTargetHasWavesOfItsOwnAfterThoseOfThePrevious() {
    assertThat(TargetWaves.of(Waves.of(Size.count(1)), WaveOrder.BY_TARGET, List.of(3L, 0L, 2L)))
        .containsExactly(List.of(1L, 3L, 3L, 3L), List.of(0L, 0L, 0L, 0L), List.of(0L, 0L, 1L, 2L));
    assertThat(TargetWaves.of(Waves.none(), WaveOrder.BY_TARGET, List.of(3L, 2L)))
        .containsExactly(List.of(3L, 3L), List.of(0L, 2L));
  }

  @Test
  void proportionalWaves_addUpAndNeverShrink() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      List<Long> sizes = random.longs(1 + random.nextInt(8), 0, 40).boxed().toList();
      long fleet = sizes.stream().mapToLong(Long::longValue).sum();
      Waves waves = Waves.of(Size.count(1), Size.percent(10), Size.percent(40));

      List<List<Long>> shares = TargetWaves.of(waves, WaveOrder.PROPORTIONAL, sizes);

      assertThat(TargetWaves.totals(shares)).isEqualTo(waves.ofFleet(fleet).ends());
      for (int i = 0; i < sizes.size(); i++) {
        assertThat(shares.get(i)).isSorted().allMatch(inRange(sizes.get(i)));
      }
    }
  }

  @Test
  void sharesOfATarget_mayBeEmpty() {
    Waves shares = Waves.ofShares(List.of(0L, 3L));

    assertThat(shares.ends()).containsExactly(0L, 3L);
    assertThat(shares.sizes()).hasSize(2);
    assertThat(shares.ofFleet(10).ends()).containsExactly(3L);
    assertThat(Waves.of(Size.count(1), Size.percent(10))).hasToString("1,10.0%");
  }

  private static Predicate<Long> inRange(long max) {
    return end -> end >= 0 && end <= max;
  }
}
