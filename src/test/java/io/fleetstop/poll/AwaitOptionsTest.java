package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AwaitOptionsTest {

  private static final Duration LEAST = Duration.ofSeconds(2);
  private static final Duration GREATEST = Duration.ofSeconds(30);

  private final AwaitOptions options = options(LEAST, GREATEST);

  private static AwaitOptions options(Duration least, Duration greatest) {
    return AwaitOptions.builder().pollInterval(least).maxPollInterval(greatest).build();
  }

  @Test
  void options_haveDefaultsAndAreCopied() {
    AwaitOptions changed =
        AwaitOptions.builder()
            .timeout(Duration.ofSeconds(7))
            .pollInterval(Duration.ofSeconds(3))
            .maxPollInterval(Duration.ofSeconds(4))
            .build()
            .mutate()
            .build();

    assertThat(AwaitOptions.defaults().timeout()).hasMinutes(10);
    assertThat(AwaitOptions.defaults().pollInterval()).hasSeconds(2);
    assertThat(AwaitOptions.defaults().maxPollInterval()).hasSeconds(30);
    assertThat(changed.timeout()).hasSeconds(7);
    assertThat(changed.pollInterval()).hasSeconds(3);
    assertThat(changed.maxPollInterval()).hasSeconds(4);
  }

  @Test
  void invalidOptions_areRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AwaitOptions.builder().pollInterval(Duration.ofMinutes(1)).build())
        .withMessage("maxPollInterval must be at least pollInterval, 1m, was 30s");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AwaitOptions.builder().maxPollInterval(Duration.ZERO))
        .withMessage("maxPollInterval must be 1 ms to 365 days, was 0s");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AwaitOptions.builder().timeout(Duration.ZERO))
        .withMessage("timeout must be 1 ms to 365 days, was 0s");
  }

  @Test
  void growsWithTimeSinceLastChange() {
    assertThat(options.intervalAfter(Duration.ZERO)).isEqualTo(LEAST);
    assertThat(options.intervalAfter(Duration.ofSeconds(20))).isEqualTo(LEAST);
    assertThat(options.intervalAfter(Duration.ofMinutes(1))).hasSeconds(6);
    assertThat(options.intervalAfter(Duration.ofMinutes(5))).isEqualTo(GREATEST);
    assertThat(options.intervalAfter(Duration.ofDays(365_000))).isEqualTo(GREATEST);
  }

  @Test
  void equalBounds_intervalIsConstant() {
    AwaitOptions fixed = options(LEAST, LEAST);
    assertThat(fixed.intervalAfter(Duration.ZERO)).isEqualTo(LEAST);
    assertThat(fixed.intervalAfter(Duration.ofHours(1))).isEqualTo(LEAST);
  }

  @Test
  void interval_isBoundedAndMonotonic() {
    Random random = new Random(20261123);
    for (int i = 0; i < 10_000; i++) {
      Duration least = Duration.ofMillis(1 + random.nextInt(5_000));
      Duration greatest = least.plusMillis(random.nextInt(60_000));
      AwaitOptions any = options(least, greatest);
      Duration unchanged = Duration.ofNanos(random.nextLong(1_000_000_000_000L));
      Duration next = any.intervalAfter(unchanged);

      assertThat(next).isBetween(least, greatest);
      assertThat(any.intervalAfter(unchanged.plusMillis(random.nextInt(1_000))))
          .isGreaterThanOrEqualTo(next);
      if (next.compareTo(least) > 0) {
        assertThat(next.multipliedBy(AwaitOptions.FRACTION)).isLessThanOrEqualTo(unchanged);
      }
    }
  }
}
