package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReplyWatchTest {

  private final AtomicLong nanos = new AtomicLong();
  private final ReplyWatch watch = new ReplyWatch(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void silence_isDescribedWithTheWaitingCalls() {
    watch.sent();
    watch.sent();
    pass(Duration.ofMillis(2_999));
    assertThat(watch.describe()).isEmpty();
    pass(Duration.ofSeconds(2));

    assertThat(watch.describe()).isEqualTo("no reply for 5 s (2 calls waiting)");
  }

  @Test
  void reply_endsTheSilence() {
    watch.sent();
    watch.sent();
    pass(Duration.ofSeconds(5));
    watch.replied();
    assertThat(watch.describe()).isEmpty();
    pass(Duration.ofSeconds(4));

    assertThat(watch.describe()).isEqualTo("no reply for 4 s (1 call waiting)");
  }

  @Test
  void retryAfterATimeout_continuesTheSilence() {
    watch.sent();
    pass(Duration.ofSeconds(10));
    watch.unanswered();
    assertThat(watch.describe()).isEqualTo("no reply for 10 s");
    watch.sent();

    assertThat(watch.describe()).isEqualTo("no reply for 10 s (1 call waiting)");
  }

  @Test
  void idleTime_isNoSilence() {
    watch.sent();
    watch.replied();
    pass(Duration.ofMinutes(1));
    watch.sent();

    assertThat(watch.describe()).isEmpty();
  }
}
