package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException.Attempt;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EcsExceptionTest {

  private static final Attempt FIRST =
      new Attempt(
          1,
          Duration.ofMillis(20),
          EcsErrors.INTERNAL_ERROR,
          500,
          "req-1",
          Delivery.UNKNOWN,
          "retried");

  @Test
  void message_hasEveryField() {
    EcsException exception =
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED)
            .action("StopInstance")
            .httpStatus(429)
            .detail("slow down")
            .attempts(3)
            .requestId("req-3")
            .build();

    assertThat(exception)
        .hasMessage(
            "StopInstance: FlowLimitExceeded (HTTP 429): slow down"
                + " [delivery REJECTED, attempts 3, request req-3]");
  }

  @Test
  void message_leavesOutUnknownFields() {
    assertThat(EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build())
        .hasMessage("Client.Closed: The client is closed. Nothing was sent. [delivery NOT_SENT]");
  }

  @Test
  void shortcuts_followCategoryAndDelivery() {
    EcsException throttled =
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED).build();
    assertThat(throttled.isThrottling()).isTrue();
    assertThat(throttled.isRetryable()).isTrue();
    assertThat(throttled.mayHaveTakenEffect()).isFalse();
    EcsException lost = EcsExceptions.noReply(Delivery.UNKNOWN);
    assertThat(lost.isThrottling()).isFalse();
    assertThat(lost.isRetryable()).isTrue();
    assertThat(lost.mayHaveTakenEffect()).isTrue();
    EcsException notFound =
        EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
    assertThat(notFound.isRetryable()).isFalse();
  }

  @Test
  void factory_keepsAnEcsExceptionAndNamesOthers() {
    EcsException known = EcsExceptions.noCredentials();
    assertThat(EcsExceptions.of(known, Delivery.UNKNOWN)).isSameAs(known);
    EcsException defect = EcsExceptions.of(new IllegalStateException("x"), Delivery.NOT_SENT);
    assertThat(defect.errorCode()).isEqualTo(ClientErrors.UNEXPECTED_FAILURE);
    assertThat(defect.delivery()).isEqualTo(Delivery.NOT_SENT);
    assertThat(defect.detail()).endsWith("java.lang.IllegalStateException");
  }

  @Test
  void unsetFields_areAbsent() {
    EcsException exception = EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build();

    assertThat(exception)
        .returns(null, EcsException::action)
        .returns(null, EcsException::detail)
        .returns(null, EcsException::httpStatus)
        .returns(null, EcsException::requestId)
        .returns(null, EcsException::retryAfter)
        .returns(null, EcsException::serverTimeMillis)
        .returns(0, EcsException::attempts)
        .returns(List.of(), EcsException::history)
        .hasNoCause();
  }

  @Test
  void copy_keepsCauseAndStackTrace() {
    IOException cause = new IOException("reset");
    EcsException original =
        EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN)
            .action("StopInstance")
            .detail("detail")
            .httpStatus(500)
            .requestId("req-1")
            .retryAfter(Duration.ofSeconds(2))
            .serverTimeMillis(1_700_000_000_000L)
            .attempts(1)
            .history(List.of(FIRST))
            .cause(cause)
            .build();

    EcsException copy = original.mutate().build();

    assertThat(copy)
        .isNotSameAs(original)
        .usingRecursiveComparison()
        .ignoringFields("stackTrace", "suppressedExceptions")
        .isEqualTo(original);
    assertThat(copy)
        .returns("StopInstance", EcsException::action)
        .returns("detail", EcsException::detail)
        .returns(500, EcsException::httpStatus)
        .returns("req-1", EcsException::requestId)
        .returns(Duration.ofSeconds(2), EcsException::retryAfter)
        .returns(1_700_000_000_000L, EcsException::serverTimeMillis)
        .returns(1, EcsException::attempts)
        .returns(List.of(FIRST), EcsException::history);
    assertThat(copy.getStackTrace()).isEqualTo(original.getStackTrace());
    assertThat(copy).hasCause(cause);
  }

  @Test
  void changedCopy_leavesTheOriginal() {
    EcsException original =
        EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.REJECTED).attempts(1).build();

    EcsException changed =
        original
            .mutate()
            .errorCode(ClientErrors.DEADLINE_EXCEEDED)
            .delivery(Delivery.UNKNOWN)
            .attempts(4)
            .build();

    assertThat(changed.category()).isEqualTo(Category.LOCAL);
    assertThat(changed.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(changed.attempts()).isEqualTo(4);
    assertThat(original.category()).isEqualTo(Category.SERVER);
    assertThat(original.attempts()).isEqualTo(1);
  }

  @Test
  void history_isACopy() {
    List<Attempt> history = new ArrayList<>(List.of(FIRST));
    EcsException exception =
        EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN).history(history).build();

    history.clear();

    assertThat(exception.history()).containsExactly(FIRST);
  }

  @Test
  void or_returnsTheGreaterDelivery() {
    assertThat(Delivery.NOT_SENT.or(Delivery.REJECTED)).isEqualTo(Delivery.REJECTED);
    assertThat(Delivery.UNKNOWN.or(Delivery.NOT_SENT)).isEqualTo(Delivery.UNKNOWN);
    assertThat(Delivery.REJECTED.or(Delivery.UNKNOWN)).isEqualTo(Delivery.UNKNOWN);
    assertThat(Delivery.NOT_SENT.or(Delivery.NOT_SENT)).isEqualTo(Delivery.NOT_SENT);
  }

  @Test
  void detail_isEscaped() {
    EcsException exception =
        EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN)
            .detail("mode \"a\u007f\u001b[2J\nINFO all is well\u202e\"")
            .build();

    assertThat(exception.detail())
        .isEqualTo("mode \"a\\u007f\\u001b[2J\\u000aINFO all is well\\u202e\"");
  }
}
