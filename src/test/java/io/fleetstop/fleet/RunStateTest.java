package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

class RunStateTest {

  private static final int ROUNDS = 5_000;
  private static final int MAX_READS = 1_000;

  private final EcsException spent =
      EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT).build();

  @Test
  void repeatedStop_keepsTheFirstReason() {
    RunState control = new RunState();

    control.stop(null);
    control.stop(spent);

    assertThat(control.isStopped()).isTrue();
    assertThat(control.reason()).isNull();
  }

  @Test
  void pauseEpoch_advancesOnChangesOnly() {
    RunState control = new RunState();
    for (int epoch = 0; epoch < 6; epoch += 2) {
      control.resume();
      assertThat(control.pauseEpoch()).isEqualTo(epoch);
      assertThat(control.isPaused()).isFalse();
      control.pause();
      control.pause();
      assertThat(control.pauseEpoch()).isEqualTo(epoch + 1);
      assertThat(control.isPaused()).isTrue();
      control.resume();
    }
  }

  @Tag("guarantee:end-reason")
  @Test
  void stopRacingRead_reasonIsAlwaysVisible() {
    AtomicInteger unexplained = new AtomicInteger();
    for (int round = 0; round < ROUNDS; round++) {
      RunState control = new RunState();
      RaceTestUtils.race(
          () -> control.stop(spent),
          () -> {
            // Bounded: the other thread may have to wait for this processor.
            for (int reads = 0; reads < MAX_READS && !control.isStopped(); reads++) {
              Thread.onSpinWait();
            }
            if (control.isStopped() && control.reason() == null) {
              unexplained.incrementAndGet();
            }
          });
    }
    assertThat(unexplained).hasValue(0);
  }
}
