package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownProgress.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ShutdownProgressTest {

  @Test
  void wantedState_isSuccess() {
    assertThat(Arrays.stream(Kind.values()).filter(Kind::isSuccess))
        .containsExactly(
            Kind.STOPPED,
            Kind.ALREADY_STOPPED,
            Kind.STARTED,
            Kind.ALREADY_RUNNING,
            Kind.ACCEPTED,
            Kind.DRY_RUN_PASSED);
    assertThat(Arrays.stream(Kind.values()).filter(Kind::isFailure))
        .containsExactly(Kind.FAILED, Kind.UNCONFIRMED);
    InstanceId id = InstanceId.of("i-1");
    CallStats effort = new CallStats(1, Duration.ZERO, null);
    assertThat(new Stopped(id, effort).isSuccess()).isTrue();
    assertThat(new Skipped(id, effort, "no slot").isSuccess()).isFalse();
  }

  @Test
  void outcomes_areSummedUp() {
    ShutdownProgress progress =
        new ShutdownProgress(State.RUNNING, 1, 1_000, 5, 9, 100, 20, 30, 40, 3, 2, 1, 700, 50, 60);

    assertThat(progress.failures()).isEqualTo(5);
    assertThat(progress.outcomes()).isEqualTo(306);
    assertThat(progress.open()).isEqualTo(694);
  }
}
