package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatewayOverloadTest {

  private final List<String> reports = new ArrayList<>();
  private final ManualScheduler clock = new ManualScheduler(new AtomicLong());
  private final GatewayOverload overload = new GatewayOverload(() -> clock);
  private final Permit permit =
      overload.observing(
          new Permit() {
            @Override
            public void succeeded() {
              reports.add("succeeded");
            }

            @Override
            public void throttled(@Nullable Duration retryAfter) {
              reports.add("throttled " + retryAfter);
            }

            @Override
            public void ignored() {
              reports.add("ignored");
            }
          });

  @Test
  void thirdWithinASecond_isSustained() {
    permit.overloaded(null);
    permit.overloaded(null);
    assertThat(reports).containsExactly("ignored", "ignored");

    permit.overloaded(null);

    assertThat(reports).endsWith("throttled null");
  }

  @Test
  void overloadsOfDifferentSeconds_areNotSustained() {
    for (int second = 0; second < 5; second++) {
      permit.overloaded(null);
      clock.advance(Duration.ofSeconds(2));
    }
    assertThat(reports).hasSize(5).containsOnly("ignored");
  }

  @Test
  void tenthOfTheReplies_isNotSustained() {
    for (int call = 0; call < 27; call++) {
      permit.succeeded();
    }
    permit.overloaded(null);
    permit.overloaded(null);
    permit.overloaded(null);
    assertThat(reports).hasSize(30).endsWith("ignored");

    permit.overloaded(null);

    assertThat(reports).endsWith("throttled null");
  }

  @Test
  void otherReports_arePassedOn() {
    permit.overloaded(Duration.ofSeconds(1));
    permit.throttled(Duration.ofSeconds(2));
    permit.ignored();
    permit.succeeded();

    assertThat(reports).containsExactly("throttled PT1S", "throttled PT2S", "ignored", "succeeded");
  }
}
