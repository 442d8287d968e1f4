package io.fleetstop.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private static final Duration BASE = Duration.ofMillis(100);
  private static final Duration CAP = Duration.ofSeconds(10);
  private static final double ALMOST_ONE = Math.nextDown(1.0);

  private final Backoff backoff = Backoff.fullJitter(BASE, CAP);

  @Test
  void ceiling_doublesUpToTheCap() {
    assertThat(backoff.delay(1, ALMOST_ONE)).isBetween(Duration.ofMillis(99), BASE);
    assertThat(backoff.delay(2, ALMOST_ONE))
        .isBetween(Duration.ofMillis(199), BASE.multipliedBy(2));
    assertThat(backoff.delay(5, ALMOST_ONE))
        .isBetween(Duration.ofMillis(1_599), BASE.multipliedBy(16));
    assertThat(backoff.delay(8, ALMOST_ONE)).isBetween(Duration.ofMillis(9_999), CAP);
  }

  @Test
  void manyRetries_doNotOverflow() {
    for (int retry : new int[] {62, 63, 64, 65, 1_000, 5_000, Integer.MAX_VALUE}) {
      assertThat(backoff.delay(retry, ALMOST_ONE)).isBetween(Duration.ofMillis(9_999), CAP);
      assertThat(backoff.delay(retry, 0)).isEqualTo(Duration.ZERO);
    }
    Backoff huge = Backoff.fullJitter(Duration.ofDays(1), Duration.ofDays(100_000));
    assertThat(huge.delay(63, ALMOST_ONE)).isPositive();
  }

  @Test
  void fullJitter_isUniformFromZero() {
    SplittableRandom random = new SplittableRandom(20260101);
    int[] tenths = new int[10];
    int samples = 100_000;
    for (int i = 0; i < samples; i++) {
      long nanos = backoff.delay(4, random.nextDouble()).toNanos();
      tenths[(int) (nanos * 10 / BASE.multipliedBy(8).toNanos())]++;
    }
    // The standard deviation of a tenth's count is 95: five of them on either side.
    assertThat(IntStream.of(tenths)).allMatch(count -> count > 9_525 && count < 10_475);
  }

  @Test
  void equalJitter_isFromHalfOfTheCeiling() {
    Backoff equal = Backoff.equalJitter(BASE, CAP);
    assertThat(equal.delay(1, 0)).isEqualTo(Duration.ofMillis(50));
    assertThat(equal.delay(1, 0.5)).isEqualTo(Duration.ofMillis(75));
    assertThat(equal.delay(2, 0)).isEqualTo(BASE);
    assertThat(equal.delay(2, ALMOST_ONE)).isBetween(Duration.ofMillis(199), BASE.multipliedBy(2));
    assertThat(equal.delay(1_000, 0)).isEqualTo(CAP.dividedBy(2));
    assertThatThrownBy(() -> Backoff.equalJitter(CAP, BASE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cap must be at least base 10s, was 100ms");
  }

  @Test
  void cap_mayEqualBase() {
    assertThat(Backoff.fullJitter(BASE, BASE).delay(5, 1)).isEqualTo(BASE);
  }

  @Test
  void rejectsInvalidBounds() {
    assertThatThrownBy(() -> Backoff.fullJitter(Duration.ZERO, CAP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("base must be positive, was 0s");
    assertThatThrownBy(() -> Backoff.fullJitter(CAP, BASE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cap must be at least base 10s, was 100ms");
  }
}
