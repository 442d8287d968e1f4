package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When tests count as hung; {@code TestWatchdogTest} sees the process end. */
class TestProgressTest {

  private final TestProgress progress = new TestProgress(120);

  private void ticks(int count) {
    for (int i = 0; i < count; i++) {
      assertThat(progress.tick()).isNull();
    }
  }

  @Test
  void testThatLastsBeyondLimitAndGrace_hangs() {
    progress.next("StopTest stop()", Duration.ofSeconds(60));
    ticks(179);

    assertThat(progress.tick())
        .isEqualTo(
            "The tests hang: StopTest stop() has lasted for 180 s; JUnit's limit is 60 s, and what"
                + " hangs does not heed its interrupt");
  }

  @Test
  void eachTest_hasTheWholeTime() {
    progress.next("StopTest stop()", Duration.ofSeconds(60));
    ticks(179);
    progress.next("StopTest start()", Duration.ofSeconds(90));
    ticks(209);

    assertThat(progress.tick()).contains("StopTest start()", "90 s");
  }

  @Test
  void declaredLimit_isOfTheMethodOrElseTheClass() throws NoSuchMethodException {
    assertThat(TestProgress.declared(Long.class.getMethod("toString"), Long.class)).isEmpty();
    assertThat(TestProgress.declared(Slow.class.getDeclaredMethod("plain"), Slow.class))
        .contains(Duration.ofMinutes(30));
    assertThat(TestProgress.declared(Slow.class.getDeclaredMethod("slower"), Slow.class))
        .contains(Duration.ofHours(1));
  }

  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  static final class Slow {

    void plain() {}

    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void slower() {}
  }
}
