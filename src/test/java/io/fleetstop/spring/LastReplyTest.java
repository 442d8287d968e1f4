package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

class LastReplyTest {

  @Test
  void attemptWithoutReply_isNoReply() {
    LastReply reply = new LastReply();
    reply.attemptFailed(
        "StopInstance",
        1,
        EcsException.builder(GatewayErrors.FAIL_TO_CONNECT, Delivery.UNKNOWN).build(),
        Context.empty());

    assertThat(reply.details()).containsExactly(Map.entry("lastReply", "none"));
    assertThat(reply.isRejectedIdentity()).isFalse();
  }
}
