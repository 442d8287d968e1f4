package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.junit.CapturedStderr;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

class CallLogTest {

  private final CallLog calls = new CallLog();

  private void fail(ErrorCode code, int status) {
    EcsException failure =
        EcsException.builder(code, Delivery.REJECTED).httpStatus(status).requestId("req-1").build();
    calls.attemptFailed("StopInstance", 1, failure, Context.empty());
  }

  @Test
  void throttledCalls_areOneWarning() {
    String log =
        CapturedStderr.during(
            () -> {
              fail(GatewayErrors.INTERNAL_ERROR, 500);
              fail(GatewayErrors.FLOW_LIMIT_EXCEEDED, 429);
              fail(GatewayErrors.ACCOUNT_FLOW_LIMIT_EXCEEDED, 429);
            });
    assertThat(log.lines().filter(line -> line.contains("WARN io.fleetstop")))
        .singleElement()
        .asString()
        .contains(CallLog.LOGGER, "throttles StopInstance (FlowLimitExceeded, request req-1)");
  }
}
