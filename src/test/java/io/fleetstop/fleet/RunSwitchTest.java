package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

class RunSwitchTest {

  private static final int ROUNDS = 20_000;

  private final EcsException spent =
      EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT).build();

  @Test
  void theFirstReasonCounts() {
    RunSwitch control = new RunSwitch();

    control.end(null);
    control.end(spent);

    assertThat(control.isEnded()).isTrue();
    assertThat(control.reason()).isNull();
  }

  @Test
  void nobodySeesTheEndWithoutItsReason() {
    AtomicInteger unexplained = new AtomicInteger();
    for (int round = 0; round < ROUNDS; round++) {
      RunSwitch control = new RunSwitch();
      RaceTestUtils.race(
          () -> control.end(spent),
          () -> {
            while (!control.isEnded()) {
              Thread.onSpinWait();
            }
            if (control.reason() == null) {
              unexplained.incrementAndGet();
            }
          });
    }
    assertThat(unexplained).hasValue(0);
  }
}
