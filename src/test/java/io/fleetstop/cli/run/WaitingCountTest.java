package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownProgress.State;
import org.junit.jupiter.api.Test;

/** The number of instances that wait for STOPPED, for the progress. */
class WaitingCountTest {

  private static ShutdownProgress progress(long started, long stopped, long accepted) {
    return new ShutdownProgress(State.RUNNING, 1, started, 0, stopped, 0, accepted, 0, 0, 0, 0);
  }

  @Test
  void acceptedWithoutOutcome_waits() {
    assertThat(RunLimits.waiting(30, progress(100, 10, 0))).isEqualTo(20);
  }

  @Test
  void queuedInstance_doesNotWait() {
    assertThat(RunLimits.waiting(0, progress(250, 0, 0))).isZero();
    assertThat(RunLimits.waiting(7, progress(250, 0, 7))).isZero();
  }

  @Test
  void moreOutcomesThanReplies_isZero() {
    assertThat(RunLimits.waiting(5, progress(100, 9, 0))).isZero();
  }
}
