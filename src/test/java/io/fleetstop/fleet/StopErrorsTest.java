package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Attempt;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopErrorsTest {

  private static Attempt attempt(ErrorCode code, Delivery delivery) {
    return new Attempt(1, Duration.ZERO, code, null, null, delivery, "retried");
  }

  private static EcsException error(ErrorCode code) {
    return StopEvents.error(code, Delivery.REJECTED, null);
  }

  @Test
  void attempts_areThoseThatWereSent() {
    EcsException error =
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED)
            .attempts(6)
            .history(
                List.of(
                    attempt(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT),
                    attempt(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT),
                    attempt(ClientErrors.CLOSED, Delivery.NOT_SENT),
                    attempt(ClientErrors.CLOSED, Delivery.UNKNOWN),
                    attempt(ClientErrors.UNEXPECTED_FAILURE, Delivery.NOT_SENT)))
            .build();

    assertThat(StopErrors.attempts(error)).isEqualTo(3);
  }

  @Test
  void credentialsAndAnUnexpectedStop_endTheRun() {
    assertThat(StopErrors.endsRun(error(GatewayErrors.INVALID_ACCESS_KEY))).isTrue();
    assertThat(StopErrors.endsRun(error(ClientErrors.UNEXPECTED_SUCCESS))).isTrue();
    assertThat(StopErrors.endsRun(error(EcsErrors.INVALID_INSTANCE_NOT_FOUND))).isFalse();
  }

  @Test
  void callThatTheCallerStopped_hadNoEffect() {
    ErrorCode code = GatewayErrors.FLOW_LIMIT_EXCEEDED;
    assertThat(stopped(StopEvents.error(code, Delivery.REJECTED, Limit.CALLER))).isTrue();
    assertThat(stopped(StopEvents.error(code, Delivery.UNKNOWN, Limit.CALLER))).isFalse();
    assertThat(stopped(StopEvents.error(code, Delivery.REJECTED, Limit.DEADLINE))).isFalse();
  }

  private static boolean stopped(EcsException error) {
    return StopErrors.isStoppedByCaller(error);
  }
}
