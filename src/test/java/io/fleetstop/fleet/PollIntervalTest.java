package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PollIntervalTest {

  private static final Duration LEAST = Duration.ofSeconds(2);
  private static final Duration GREATEST = Duration.ofSeconds(30);

  private final PollInterval interval = new PollInterval(LEAST, GREATEST);

  @Test
  void growsWithTimeSinceLastChange() {
    assertThat(interval.after(Duration.ZERO)).isEqualTo(LEAST);
    assertThat(interval.after(Duration.ofSeconds(20))).isEqualTo(LEAST);
    assertThat(interval.after(Duration.ofMinutes(1))).hasSeconds(6);
    assertThat(interval.after(Duration.ofMinutes(5))).isEqualTo(GREATEST);
    assertThat(interval.after(Duration.ofDays(365_000))).isEqualTo(GREATEST);
  }

  @Test
  void equalBounds_intervalIsConstant() {
    PollInterval fixed = new PollInterval(LEAST, LEAST);
    assertThat(fixed.after(Duration.ZERO)).isEqualTo(LEAST);
    assertThat(fixed.after(Duration.ofHours(1))).isEqualTo(LEAST);
  }

  @Test
  void interval_isBoundedAndMonotonic() {
    Random random = new Random(20261123);
    for (int i = 0; i < 10_000; i++) {
      Duration least = Duration.ofMillis(1 + random.nextInt(5_000));
      Duration greatest = least.plusMillis(random.nextInt(60_000));
      PollInterval any = new PollInterval(least, greatest);
      Duration unchanged = Duration.ofNanos(random.nextLong(1_000_000_000_000L));
      Duration next = any.after(unchanged);

      assertThat(next).isBetween(least, greatest);
      assertThat(any.after(unchanged.plusMillis(random.nextInt(1_000))))
          .isGreaterThanOrEqualTo(next);
      if (next.compareTo(least) > 0) {
        assertThat(next.multipliedBy(PollInterval.FRACTION)).isLessThanOrEqualTo(unchanged);
      }
    }
  }
}
