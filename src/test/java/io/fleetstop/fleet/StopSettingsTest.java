package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.poll.AwaitOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StopSettingsTest {

  /** Polls each 2 s, for ten minutes. */
  private static final AwaitOptions OPTIONS = ShutdownOptions.defaults().awaitOptions();

  @Test
  void description_takesHalfADeadlineOrOnePoll() {
    assertThat(StopSettings.describeTimeout(OPTIONS, null)).isEqualTo(OPTIONS.timeout());
    assertThat(StopSettings.describeTimeout(OPTIONS, Duration.ofSeconds(20))).hasSeconds(10);
    assertThat(StopSettings.describeTimeout(OPTIONS, Duration.ofSeconds(4))).hasSeconds(3);
    assertThat(StopSettings.describeTimeout(OPTIONS, Duration.ofHours(1)))
        .isEqualTo(OPTIONS.timeout());
  }
}
