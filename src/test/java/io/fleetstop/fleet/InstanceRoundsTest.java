package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** How often one instance is called, and when it is not called. */
class InstanceRoundsTest extends InstanceShutdownFixture {

  /** The queue of the rate limiter is full, after attempts with the given delivery. */
  private static Mono<StopInstance.Result> full(Delivery delivery) {
    return Mono.error(error(ClientErrors.RATE_LIMITER_FULL, delivery).build());
  }

  @Test
  void busy_isRetriedUntilBusyTimeout() {
    answer(refused(BUSY));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(6);
    assertThat(outcome().stats().elapsed()).isEqualTo(Duration.ofSeconds(50));
    assertThat(errorOf(outcome()).exhaustedLimit()).isEqualTo(Limit.DEADLINE);
  }

  @Test
  void busyBackoff_getsTheRetryNumber() {
    List<Integer> attempts = new ArrayList<>();
    set(
        options
            .mutate()
            .busyBackoff(
                (retry, random) -> {
                  attempts.add(retry);
                  assertThat(random).isBetween(0.0, 1.0);
                  return BUSY_DELAY;
                }));
    answer(full(Delivery.NOT_SENT));
    answer(refused(BUSY));
    answer(refused(BUSY));
    answer(accepted());
    begin(false);
    time.advanceTimeBy(BUSY_DELAY.multipliedBy(3));

    // Retries after a full queue are counted separately.
    assertThat(attempts).containsExactly(1, 1, 2);
    assertThat(client.calls).hasSize(4);
  }

  @Test
  void drain_skipsBusyInstanceAtOnce() {
    answer(refused(BUSY));
    begin(false);
    control.stop(null);

    assertThat(outcome()).isInstanceOf(Skipped.class);
    assertThat(client.calls).hasSize(1);
  }

  @Test
  void throttledUntilDeadline_isCalledFiveTimes() {
    answer(
        Mono.error(
            error(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED)
                .exhaustedLimit(Limit.DEADLINE)
                .build()));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void throttledUntilMaxAttempts_isCalledOnce() {
    answer(
        Mono.error(
            error(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED)
                .exhaustedLimit(Limit.ATTEMPTS)
                .build()));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Delivery.class,
      names = {"NOT_SENT", "REJECTED"})
  void deadlineExceeded_isCalledOnce(Delivery delivery) {
    answer(
        Mono.error(
            error(ClientErrors.DEADLINE_EXCEEDED, delivery)
                .exhaustedLimit(Limit.DEADLINE)
                .build()));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(1);
  }

  @Test
  void deadlineExceeded_runningInstanceIsNotCalledAgain() {
    answer(
        Mono.error(
            error(ClientErrors.DEADLINE_EXCEEDED, Delivery.UNKNOWN)
                .exhaustedLimit(Limit.DEADLINE)
                .build()));
    shows("RUNNING");

    assertThat(stop()).isInstanceOf(Unconfirmed.class);
    assertThat(client.calls).hasSize(1);
  }

  @Test
  void deadlineSoonAfterTheQueue_isCalledFiveTimes() {
    answer(
        Mono.error(
            error(ClientErrors.DEADLINE_EXCEEDED, Delivery.UNKNOWN)
                .exhaustedLimit(Limit.QUEUE)
                .build()));
    shows("ERROR");

    assertThat(stop()).isInstanceOf(Unconfirmed.class);
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void queueTimeout_isRetriedWithoutLimit() {
    for (int i = 0; i < 20; i++) {
      answer(
          Mono.error(
              error(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT)
                  .exhaustedLimit(Limit.DEADLINE)
                  .build()));
    }
    answer(accepted());
    shows("STOPPED");

    assertThat(stop()).isInstanceOf(Stopped.class);
    assertThat(client.calls).hasSize(21);
  }

  @Test
  void queueFull_isRetriedWithoutLimit() {
    for (int i = 0; i < 20; i++) {
      answer(full(Delivery.NOT_SENT));
    }
    answer(refused(BUSY));
    answer(accepted());
    shows("STOPPED");

    assertThat(stop()).isInstanceOf(Stopped.class);
    assertThat(client.calls).hasSize(22);
    assertThat(outcome().stats().elapsed()).isGreaterThanOrEqualTo(BUSY_DELAY.multipliedBy(21));
  }

  @Test
  void throttledThenQueueFull_isCalledFiveTimes() {
    answer(full(Delivery.REJECTED));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(client.calls).hasSize(5);
  }

  @Test
  void lostReplyThenQueueFull_isPolled() {
    answer(full(Delivery.UNKNOWN));
    shows("STOPPED");

    assertThat(stop()).isInstanceOf(Stopped.class);
    assertThat(client.calls).hasSize(1);
  }

  @Test
  void drain_skipsQueueFullInstanceAtOnce() {
    answer(full(Delivery.NOT_SENT));
    begin(false);
    control.stop(null);

    assertThat(reason(outcome()))
        .isEqualTo("the run ended before it was called again, after Client.RateLimiterFull");
  }

  @Test
  void slotAfterDrain_sendsNoCall() {
    control.stop(null);

    assertThat(reason(stop())).isEqualTo("the run ended before it was called");
    assertThat(client.calls).isEmpty();
    assertThat(intents).isZero();
    assertThat(outcome().stats().attempts()).isZero();
  }

  @Test
  void slotDuringPause_callsAfterResume() {
    answer(accepted());
    shows("STOPPED");
    control.pause();
    begin(false);
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(client.calls).isEmpty();
    control.resume();
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(outcome()).isInstanceOf(Stopped.class);
  }

  @Test
  void pause_doesNotCountTowardsBusyTimeout() {
    answer(refused(BUSY));
    answer(refused(BUSY));
    answer(accepted());
    shows("STOPPED");
    begin(false);
    control.pause();
    time.advanceTimeBy(Duration.ofMinutes(5));
    control.resume();
    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(outcome()).isInstanceOf(Stopped.class);
    assertThat(client.calls).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppedByCaller_skippedOrCalledAfterPause(boolean pauses) {
    client.onStop =
        request -> {
          if (client.calls.size() > 1) {
            shows("STOPPED");
            return accepted();
          }
          if (pauses) {
            control.pause();
            control.resume();
          }
          return Mono.error(
              error(EcsErrors.INTERNAL_ERROR, Delivery.REJECTED)
                  .exhaustedLimit(Limit.CALLER)
                  .build());
        };

    ShutdownOutcome outcome = stop();

    assertThat(outcome).isInstanceOf(pauses ? Stopped.class : Skipped.class);
    assertThat(client.calls).hasSize(pauses ? 2 : 1);
  }

  @Test
  void drain_reasonNamesThePreviousError() {
    answer(refused(BUSY));
    answer(
        Mono.error(
            error(ClientErrors.CLOSED, Delivery.NOT_SENT).exhaustedLimit(Limit.CALLER).build()));

    assertThat(reason(stop()))
        .isEqualTo(
            "the run ended before it was called again, after OperationDenied.ResourceLocked");
  }

  @ParameterizedTest
  @CsvSource({
    "Client.Closed, NOT_SENT, 0",
    "Client.QueueTimeout, NOT_SENT, 0",
    "Client.DeadlineExceeded, NOT_SENT, 1",
    "Client.ConnectFailed, NOT_SENT, 1",
    "Client.DeadlineExceeded, REJECTED, 1"
  })
  void unsentCall_isNoAttempt(String code, Delivery delivery, int attempts) {
    set(options.mutate().busyTimeout(Duration.ofSeconds(1)));
    ErrorCode known =
        ErrorCatalogue.entries().stream()
            .filter(one -> one.code().equals(code))
            .findFirst()
            .orElseThrow();
    EcsException.Attempt attempt =
        new EcsException.Attempt(1, Duration.ZERO, known, null, null, delivery, "given up");
    answer(Mono.error(error(known, delivery).history(List.of(attempt)).build()));

    assertThat(stop().stats().attempts()).isEqualTo(attempts);
  }

  @Test
  void emptyClientResult_unconfirmed() {
    answer(Mono.empty());

    assertThat(stop()).isInstanceOf(Unconfirmed.class);
    assertThat(errorOf(outcome()).errorCode()).isEqualTo(ClientErrors.UNEXPECTED_FAILURE);
    assertThat(errorOf(outcome()).delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @Test
  void calledBefore_drainIsUnconfirmed() {
    control.stop(null);

    assertThat(reason(stop(true)))
        .isEqualTo("the run ended before it was called again; it may have been called before");
    assertThat(outcome()).isInstanceOf(Unconfirmed.class);
  }
}
