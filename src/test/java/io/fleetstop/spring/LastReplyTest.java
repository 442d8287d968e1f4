package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;
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

  private static void rejected(LastReply reply) {
    reply.attemptFailed(
        "StopInstance",
        1,
        EcsException.builder(GatewayErrors.SIGNATURE_DOES_NOT_MATCH, Delivery.REJECTED)
            .httpStatus(401)
            .build(),
        Context.empty());
  }

  private static void throttled(LastReply reply) {
    reply.attemptFailed(
        "StopInstance",
        1,
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED)
            .httpStatus(429)
            .build(),
        Context.empty());
  }

  /** Tenants with keys of their own share a client. */
  @Test
  void wrongKeyOfOneCaller_isNotThatOfTheClient() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      LastReply reply = new LastReply();
      rejected(reply);
      assertThat(reply.isRejectedIdentity()).isTrue();

      reply.attemptSucceeded("StopInstance", 1, 200, "r", Context.empty());
      rejected(reply);
      assertThat(reply.isRejectedIdentity()).isFalse();
      assertThat(reply.details())
          .containsEntry("lastReply", "StopInstance failed with SignatureDoesNotMatch");

      // A reply of any other kind is one to accepted credentials.
      time.advanceTimeBy(Duration.ofSeconds(40));
      throttled(reply);
      rejected(reply);
      time.advanceTimeBy(Duration.ofSeconds(59));
      assertThat(reply.isRejectedIdentity()).isFalse();

      time.advanceTimeBy(Duration.ofSeconds(1));
      assertThat(reply.isRejectedIdentity()).isTrue();
    } finally {
      VirtualTimeScheduler.reset();
    }
  }
}
