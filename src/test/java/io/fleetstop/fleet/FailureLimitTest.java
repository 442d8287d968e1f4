package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class FailureLimitTest {

  @Test
  void count_isExceededByOneMore() {
    FailureLimit three = FailureLimit.count(3);

    assertThat(three.isExceeded(3, 3)).isFalse();
    assertThat(three.isExceeded(4, 1_000)).isTrue();
    assertThat(three.isExceededByWave(3, 3)).isFalse();
    assertThat(three.isExceededByWave(4, 4)).isTrue();
    assertThat(FailureLimit.count(0).isExceeded(1, 1)).isTrue();
    assertThat(three).hasToString("3");
    assertThat(FailureLimit.none().isExceeded(1_000_000, 1_000_000)).isFalse();
  }

  @Test
  void percent_appliesFromTwentyAnswers() {
    FailureLimit twentyPercent = FailureLimit.percent(20);

    assertThat(twentyPercent.isExceeded(19, 19)).isFalse();
    assertThat(twentyPercent.isExceeded(4, 20)).isFalse();
    assertThat(twentyPercent.isExceeded(5, 20)).isTrue();
    assertThat(twentyPercent.isExceededByWave(1, 5)).isFalse();
    assertThat(twentyPercent.isExceededByWave(1, 4)).isTrue();
    assertThat(FailureLimit.percent(0).isExceeded(1, 20)).isTrue();
    assertThat(FailureLimit.percent(100).isExceeded(20, 20)).isFalse();
  }

  @Test
  void invalidLimit_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailureLimit.count(-1))
        .withMessage("failures must not be negative, was -1");
    for (double percent : new double[] {-0.1, 100.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> FailureLimit.percent(percent))
          .withMessage("percent must be 0 to 100, was " + percent);
    }
  }
}
