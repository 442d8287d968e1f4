package io.fleetstop.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {

  private static final long SEED = 20261125;

  private static List<Double> readings(int count, double step, double noise) {
    Random random = new Random(SEED);
    return IntStream.range(0, count)
        .mapToObj(i -> 1_000 + step * i + noise * random.nextGaussian())
        .toList();
  }

  @Test
  void noisyFlatSeries_hasNoTrend() {
    assertThat(Trend.growth(readings(900, 0, 50))).isCloseTo(0, within(15.0));
    assertThat(Trend.growth(List.of(7.0, 7.0, 7.0, 7.0))).isZero();
  }

  @Test
  void leakBelowNoise_detected() {
    assertThat(Trend.growth(readings(900, 0.2, 50))).isBetween(150.0, 210.0);
    assertThat(Trend.growth(readings(20, 10, 20))).isBetween(150.0, 230.0);
  }

  @Test
  void outliers_ignored() {
    List<Double> wild = IntStream.range(0, 100).mapToObj(i -> i % 10 == 9 ? 1e9 * i : 5.0).toList();
    assertThat(Trend.growth(wild)).isZero();
  }

  @Test
  void twoReadings_haveNoTrend() {
    assertThatThrownBy(() -> Trend.growth(List.of(1.0, 2.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a trend needs 3 readings or more, has 2");
  }
}
