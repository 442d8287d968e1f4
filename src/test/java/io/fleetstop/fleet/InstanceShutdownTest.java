package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.model.Instance;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The outcome of one instance by the results of its calls and polls. */
class InstanceShutdownTest extends InstanceShutdownFixture {

  @Test
  void accepted_completesOnceStopped() {
    answer(accepted());
    shows("STOPPING");
    begin(false);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(outcomes).isEmpty();
    assertThat(awaited).isEqualTo(1);
    shows("STOPPED");
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(outcome()).isInstanceOf(Stopped.class);
    assertThat(outcome().stats().attempts()).isEqualTo(1);
    assertThat(outcome().stats().requestId()).isEqualTo("req-ok");
    assertThat(outcome().stats().elapsed())
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(35));
    assertThat(lastWasAwaited).isTrue();
    assertThat(intents).isEqualTo(1);
  }

  @Test
  void acceptedWithoutAwait_isFinalAndNotPolled() {
    set(options.mutate().awaitStopped(false));
    answer(accepted());

    assertThat(stop()).isInstanceOf(Accepted.class);
    assertThat(client.described).hasValue(0);
    assertThat(awaited).isZero();
    assertThat(lastWasAwaited).isFalse();
  }

  @Test
  void stopTimeout_unconfirmedWithLastStatus() {
    answer(accepted());
    shows("STOPPING");

    assertThat(reason(stop())).isEqualTo("accepted, but not stopped within 2m; last seen STOPPING");
    assertThat(outcome().stats().elapsed())
        .isBetween(STOP_TIMEOUT, STOP_TIMEOUT.plus(Duration.ofSeconds(1)));
  }

  @Test
  void drainWhileAwaiting_unconfirmedWithLastStatus() {
    answer(accepted());
    shows("STOPPING");
    begin(false);
    time.advanceTimeBy(Duration.ofSeconds(5));
    control.stop(null);

    assertThat(reason(outcome()))
        .isEqualTo("accepted, but not stopped before the run was ended; last seen STOPPING");
  }

  @Test
  void drainBeforeFirstPoll_reasonNamesNoStatus() {
    answer(accepted());
    begin(false);
    control.stop(null);

    assertThat(reason(outcome())).isEqualTo("accepted, but not stopped before the run was ended");
  }

  @Test
  void acceptedButNotListed_unconfirmed() {
    answer(accepted());
    client.onDescribe = ids -> Flux.empty();

    assertThat(reason(stop())).isEqualTo("accepted, but the service does not list the instance");
    assertThat(errorOf(outcome()).delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @Test
  void acceptedButPollDenied_unconfirmed() {
    answer(accepted());
    cannotBeSeen();

    assertThat(reason(stop())).isEqualTo("accepted, but its state cannot be seen");
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(GatewayErrors.ACCESS_DENIED);
  }

  @Test
  void lostReplyAndPollDenied_reasonNamesBoth() {
    answer(lost());
    cannotBeSeen();

    assertThat(reason(stop())).isEqualTo("after Client.ConnectionLost its state cannot be seen");
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(GatewayErrors.ACCESS_DENIED);
  }

  @Test
  void lostReply_stoppedInstanceIsStopped() {
    answer(lost());
    shows("STOPPED");

    assertThat(stop()).isInstanceOf(Stopped.class);
    assertThat(lastWasAwaited).isFalse();
  }

  @Test
  void lostReply_stoppingInstanceIsAwaited() {
    answer(lost());
    shows("STOPPING");
    begin(false);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(outcomes).isEmpty();
    shows("STOPPED");
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(outcome()).isInstanceOf(Stopped.class);
  }

  @Test
  void lostReplyWithoutAwait_stoppingInstanceIsAccepted() {
    set(options.mutate().awaitStopped(false));
    answer(lost());
    shows("STOPPING");

    assertThat(stop()).isInstanceOf(Accepted.class);
  }

  @Test
  void lostReply_runningInstanceGetsAtMostFiveCalls() {
    answer(lost());

    assertThat(reason(stop()))
        .isEqualTo("the request may have been delivered; the instance is RUNNING");
    assertThat(client.calls).hasSize(5);
    assertThat(intents).isEqualTo(1);
    assertThat(outcome().stats().attempts()).isEqualTo(5);
  }

  @Test
  void rejectedFiveTimesWhileRunning_failsWithRejection() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(EcsErrors.INVALID_INSTANCE_STATUS);
    assertThat(errorOf(outcome()).delivery()).isEqualTo(Delivery.REJECTED);
    assertThat(outcome().stats().requestId()).isEqualTo("req-no");
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void stoppedModeConflict_isNotRetried() {
    answer(refused(EcsErrors.INVALID_STOPPED_MODE_CONFLICT));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(1);
    assertThat(client.described).hasValue(1);
  }

  @Test
  void stateIndependentRejection_failsWithoutPoll() {
    answer(refused(EcsErrors.INVALID_ARGUMENT));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.described).hasValue(0);
  }

  @Test
  void rejected_stoppedInstanceIsAlreadyStopped() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    shows("STOPPED");

    assertThat(stop()).isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void rejected_unlistedInstanceIsNotFound() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    client.onDescribe = ids -> Flux.empty();

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    assertThat(errorOf(outcome()).delivery()).isEqualTo(Delivery.REJECTED);
  }

  @Test
  void rejectedWhileStarting_isCalledAgainOnceRunning() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    answer(accepted());
    waitsUntilItRuns();
    assertThat(client.calls).hasSize(2);
    shows("STOPPED");
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(outcome()).isInstanceOf(Stopped.class);
  }

  private void waitsUntilItRuns() {
    shows("STARTING");
    begin(false);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(client.calls).hasSize(1);
    shows("RUNNING");
    time.advanceTimeBy(Duration.ofSeconds(5));
  }

  @Test
  void rejected_drainBeforePoll_skipped() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    begin(false);
    control.stop(null);

    assertThat(reason(outcome()))
        .isEqualTo("the run ended before it was called again, after InvalidInstanceStatus");
    assertThat(outcome()).isInstanceOf(Skipped.class);
  }

  @Test
  void rejected_drainWhileStopping_skipped() {
    answer(refused(EcsErrors.INVALID_INSTANCE_STATUS));
    shows("STOPPING");
    begin(false);
    time.advanceTimeBy(Duration.ofSeconds(5));
    control.stop(null);

    assertThat(reason(outcome()))
        .isEqualTo("the run ended before it was called again, after InvalidInstanceStatus");
    assertThat(outcome()).isInstanceOf(Skipped.class);
  }

  @ParameterizedTest
  @CsvSource({"true, false, STOPPED", "false, false, ACCEPTED", "false, true, DRY_RUN_PASSED"})
  void failureAfterAcceptance_keepsTheOutcome(boolean awaits, boolean dryRun, Kind kind) {
    set(options.mutate().awaitStopped(awaits).dryRun(dryRun));
    answer(accepted());
    shows("STOPPED");
    failAfterCount();

    assertThat(stop().kind()).isEqualTo(kind);
  }

  private void failInBackoff() {
    set(
        options
            .mutate()
            .busyBackoff(
                (retry, random) -> {
                  throw new IllegalStateException("no more");
                }));
  }

  private void failAfterCount() {
    afterCount =
        () -> {
          throw new IllegalStateException("no more");
        };
  }

  @Test
  void secondUnexpectedFailure_stillGivesAnOutcome() {
    failInBackoff();
    answer(refused(BUSY));
    failAfterCount();

    assertThat(stop()).isInstanceOf(Failed.class);
  }

  @Test
  void dryRunLostReply_awaitsTransientState() {
    set(options.mutate().dryRun(true));
    answer(lost());
    answer(accepted());
    waitsUntilItRuns();

    assertThat(outcome()).isInstanceOf(DryRunPassed.class);
  }

  @Test
  void busyThenAccepted_outcomeHasNoError() {
    answer(refused(BUSY));
    answer(accepted());
    Instance otherwise =
        new Instance(
            ID,
            null,
            "STOPPED",
            "StopCharging",
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            List.of());
    client.onDescribe = ids -> Flux.just(otherwise);

    assertThat(reason(stop()))
        .isEqualTo("it is stopped, but as StopCharging and not as KeepCharging");
    assertThat(outcome().error()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"REJECTED, FAILED", "UNKNOWN, UNCONFIRMED"})
  void throwingBackoff_outcomeFollowsDelivery(Delivery delivery, Kind kind) {
    failInBackoff();
    answer(Mono.error(error(BUSY, delivery).build()));

    assertThat(stop().kind()).isEqualTo(kind);
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(ClientErrors.UNEXPECTED_FAILURE);
    assertThat(errorOf(outcome()).delivery()).isEqualTo(delivery);
  }

  @Test
  void lostReply_drainBeforePoll_unconfirmed() {
    answer(lost());
    begin(false);
    control.stop(null);

    assertThat(reason(outcome()))
        .isEqualTo("its state did not become clear before the run was ended");
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(ClientErrors.CONNECTION_LOST);
  }

  @Test
  void acceptedThenErrorState_failsNamingAcceptance() {
    answer(accepted());
    shows("ERROR");

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(errorOf(outcome()).detail())
        .isEqualTo("The request was accepted, and the instance ended in ERROR");
  }
}
