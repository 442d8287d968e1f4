package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outcomes of dry runs. */
class InstanceDryRunTest extends InstanceShutdownFixture {

  @Test
  void rejectedDryRun_doesNotAwaitTransientState() {
    set(options.mutate().dryRun(true));
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    shows("STARTING");

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.described).hasValue(1);
  }

  @Test
  void acceptedDryRun_isFinalAndNotPolled() {
    set(options.mutate().dryRun(true));
    answer(accepted());

    assertThat(stop()).isInstanceOf(DryRunPassed.class);
    assertThat(awaited).isZero();
    assertThat(lastWasAwaited).isFalse();
  }

  @Test
  void dryRunLostReply_isRepeated() {
    set(options.mutate().dryRun(true));
    answer(lost());
    answer(accepted());

    assertThat(stop()).isInstanceOf(DryRunPassed.class);
  }

  @Tag("guarantee:dry-run")
  @Test
  void dryRunAllRepliesLost_unconfirmed() {
    set(options.mutate().dryRun(true));
    answer(lost());

    assertThat(reason(stop()))
        .isEqualTo("the answer to a dry run is missing; the instance is RUNNING");
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void dryRunLostThenBusyTimeout_unconfirmedByDeadline() {
    set(options.mutate().dryRun(true));
    answer(lost());
    answer(refused(BUSY));

    assertThat(errorOf(stop()).exhaustedLimit()).isEqualTo(Limit.DEADLINE);
    assertThat(outcome()).isInstanceOf(Unconfirmed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"STOPPED", "STOPPING"})
  void dryRunLostReply_laterStopIsUnconfirmed(String status) {
    set(options.mutate().dryRun(true));
    answer(lost());
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    begin(false);
    time.advanceTimeBy(POLL);
    shows(status);
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(reason(outcome()))
        .isEqualTo("the answer to a dry run is missing; the instance is " + status);
    assertThat(errorOf(outcome()).delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"STOPPED", "STOPPING"})
  void rejectedDryRun_stoppedInstanceIsAlreadyStopped(String status) {
    set(options.mutate().dryRun(true));
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    shows(status);

    assertThat(stop()).isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void dryRunLostThenBusy_drainIsUnconfirmed() {
    set(options.mutate().dryRun(true));
    answer(lost());
    answer(refused(BUSY));
    begin(false);
    time.advanceTimeBy(POLL);
    control.stop(null);
    time.advanceTimeBy(POLL);

    assertThat(reason(outcome()))
        .isEqualTo(
            "the run ended before it was called again, after OperationDenied.ResourceLocked");
    assertThat(outcome()).isInstanceOf(Unconfirmed.class);
  }
}
