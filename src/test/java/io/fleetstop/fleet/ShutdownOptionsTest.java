package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ShutdownOptionsTest {

  @Test
  void pollIntervalsHaveDefaultsAndAreCopied() {
    assertThat(ShutdownOptions.defaults().pollInterval()).hasSeconds(2);
    assertThat(ShutdownOptions.defaults().maxPollInterval()).hasSeconds(30);
    ShutdownOptions changed =
        ShutdownOptions.builder()
            .pollInterval(Duration.ofSeconds(3))
            .maxPollInterval(Duration.ofSeconds(3))
            .build()
            .mutate()
            .build();
    assertThat(changed.pollInterval()).hasSeconds(3);
    assertThat(changed.maxPollInterval()).hasSeconds(3);
  }

  @Test
  void theGreatestPollIntervalIsNotLessThanTheLeast() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShutdownOptions.builder().pollInterval(Duration.ofMinutes(1)).build())
        .withMessage("maxPollInterval must be at least pollInterval, PT1M, was PT30S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShutdownOptions.builder().maxPollInterval(Duration.ZERO))
        .withMessage("maxPollInterval must be at least 1 ms, was PT0S");
  }
}
