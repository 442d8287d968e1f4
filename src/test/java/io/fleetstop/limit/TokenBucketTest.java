package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The edges of the arithmetic. */
class TokenBucketTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 365L * 86_400 * SECOND;

  @Test
  void pause_ofUpToAMinute_holds() {
    TokenBucket paused = new TokenBucket(1, NOW + 60 * SECOND);

    TokenBucket filled = paused.filled(NOW, 10, 5);

    assertThat(filled).isEqualTo(paused);
    assertThat(filled.available(NOW)).isZero();
    assertThat(filled.available(NOW + 60 * SECOND)).isEqualTo(1);
  }

  @Test
  void instantInTheFarFuture_isOfAnotherClock() {
    TokenBucket elsewhere = new TokenBucket(1, NOW + 60 * SECOND + 1);

    assertThat(elsewhere.filled(NOW, 10, 5)).isEqualTo(new TokenBucket(1, NOW));
  }

  @Test
  void permit_thatIsShortByRoundingOnly_isDue() {
    TokenBucket due = new TokenBucket(1 - 1e-6, NOW);

    assertThat(due.available(NOW)).isEqualTo(1);
    assertThat(due.nanosUntilAvailable(NOW, 1)).isZero();
    assertThat(new TokenBucket(1 - 2e-6, NOW).nanosUntilAvailable(NOW, 1)).isEqualTo(2_000);
  }

  @Test
  void wait_isThePauseAndTheFill() {
    TokenBucket paused = new TokenBucket(0.5, NOW + 3 * SECOND);

    assertThat(paused.nanosUntilAvailable(NOW, 10)).isEqualTo(3 * SECOND + SECOND / 20);
    assertThat(paused.nanosUntilAvailable(NOW, 1e-9)).isEqualTo(3_600 * SECOND);
  }

  @Test
  void hint_isAPauseOfAtMostAMinute() {
    assertThat(TokenBucket.pauseNanos(null)).isZero();
    assertThat(TokenBucket.pauseNanos(Duration.ofSeconds(-1))).isZero();
    assertThat(TokenBucket.pauseNanos(Duration.ofSeconds(2))).isEqualTo(2 * SECOND);
    assertThat(TokenBucket.pauseNanos(Duration.ofDays(1))).isEqualTo(60 * SECOND);
  }
}
