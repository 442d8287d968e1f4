package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Each bound is valid, and the nearest value beyond it is refused by field, rule and value. */
class PreconditionsTest {

  private static final Duration YEAR = Duration.ofDays(365);

  @Test
  void positiveNumber() {
    assertThat(Preconditions.positive("n", 1)).isEqualTo(1);
    assertThat(Preconditions.positive("n", 7)).isEqualTo(7);
    refused(() -> Preconditions.positive("n", 0), "n must be at least 1, was 0");
  }

  @Test
  void positiveDuration() {
    Duration millisecond = Duration.ofMillis(1);
    assertThat(Preconditions.positive("d", millisecond)).isEqualTo(millisecond);
    assertThat(Preconditions.positive("d", YEAR)).isEqualTo(YEAR);
    assertThat(Preconditions.positive("d", Duration.ofDays(2), Duration.ofDays(2)))
        .isEqualTo(Duration.ofDays(2));
    refused(
        () -> Preconditions.positive("d", millisecond.minusNanos(1)), "d must be 1 ms to 365 days");
    refused(() -> Preconditions.positive("d", YEAR.plusMillis(1)), "was 365d1ms");
    refused(
        () -> Preconditions.positive("d", Duration.ofDays(3), Duration.ofDays(2)),
        "d must be 1 ms to 2 days, was 3d");
  }

  @Test
  void durationThatIsNotNegative() {
    assertThat(Preconditions.notNegative("d", Duration.ZERO)).isEqualTo(Duration.ZERO);
    assertThat(Preconditions.notNegative("d", YEAR)).isEqualTo(YEAR);
    refused(() -> Preconditions.notNegative("d", Duration.ofMillis(-1)), "d must be 0 to 365 days");
    refused(() -> Preconditions.notNegative("d", YEAR.plusMillis(1)), "was 365d1ms");
  }

  @Test
  void rate() {
    assertThat(Preconditions.rate("r", Double.MIN_VALUE)).isEqualTo(Double.MIN_VALUE);
    assertThat(Preconditions.rate("r", 1e9)).isEqualTo(1e9);
    for (double bad : new double[] {0, -1, Double.NaN, Math.nextUp(1e9)}) {
      refused(() -> Preconditions.rate("r", bad), "per second, was " + bad);
    }
  }

  @Test
  void order() {
    Preconditions.ordered("floor", 1, "ceiling", 1);
    refused(
        () -> Preconditions.ordered("floor", 2, "ceiling", 1),
        "floor must be at most ceiling, was 2.0 > 1.0");
  }

  @Test
  void text() {
    assertThat(Preconditions.text("t", "x".repeat(128))).hasSize(128);
    refused(() -> Preconditions.text("t", "x".repeat(129)), "t must have 1 to 128 characters");
    refused(() -> Preconditions.text("t", ""), "t must have 1 to 128 characters, has 0");
    refused(() -> Preconditions.text("t", " "), "1 to 128 characters, not all white space");
  }

  private static void refused(Runnable check, String message) {
    assertThatIllegalArgumentException().isThrownBy(check::run).withMessageContaining(message);
  }
}
