package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outcomes of instances that an earlier run may have called. */
class InstanceResumeTest extends InstanceShutdownFixture {

  @ParameterizedTest
  @ValueSource(strings = {"STOPPED", "STOPPING"})
  void resumedInWantedState_nothingIsSent(String status) {
    set(options.mutate().awaitStopped(false));
    shows(status);

    assertThat(stop(true)).isInstanceOf(status.equals("STOPPED") ? Stopped.class : Accepted.class);
    assertThat(client.calls).isEmpty();
    assertThat(intents).isZero();
  }

  @Test
  void resumedWhileStopping_isAwaitedWithoutCall() {
    shows("STOPPING");
    begin(true);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(outcomes).isEmpty();
    shows("STOPPED");
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(outcome()).isInstanceOf(Stopped.class);
    assertThat(client.calls).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"STOPPED", "STOPPING", "RUNNING"})
  void resumedAndAcceptedAgain_outcomeFollowsState(String status) {
    set(options.mutate().awaitStopped(false));
    client.onStop =
        request -> {
          shows(status);
          return accepted();
        };

    ShutdownOutcome outcome = stop(true);

    switch (status) {
      case "STOPPED" -> assertThat(outcome).isInstanceOf(Stopped.class);
      case "STOPPING" -> assertThat(outcome).isInstanceOf(Accepted.class);
      default ->
          assertThat(reason(outcome))
              .isEqualTo("accepted, perhaps once before, and the instance is RUNNING");
    }
    assertThat(client.calls).hasSize(1);
    assertThat(intents).isZero();
  }

  @Test
  void resumedAndAcceptedAgain_pollDenied_unconfirmed() {
    set(options.mutate().awaitStopped(false));
    answer(accepted());
    cannotBeSeen();

    assertThat(reason(stop(true))).isEqualTo("accepted, but its state cannot be seen");
  }

  @Test
  void resumedAndRejected_unconfirmed() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));

    assertThat(stop(true)).isInstanceOf(Unconfirmed.class);
    assertThat(reason(outcome())).contains("may have been delivered; the instance is RUNNING");
  }
}
