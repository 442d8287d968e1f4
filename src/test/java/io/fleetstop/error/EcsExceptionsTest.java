package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The errors that this side of the wire makes, and what their codes say. */
class EcsExceptionsTest {

  @Test
  void queuedTooLong_namesTheQueueOnlyIfNothingWasSent() {
    Duration deadline = Duration.ofSeconds(3);

    assertThat(EcsExceptions.queuedTooLong(deadline, Delivery.NOT_SENT).errorCode())
        .isEqualTo(ClientErrors.QUEUE_TIMEOUT);
    assertThat(EcsExceptions.queuedTooLong(deadline, Delivery.UNKNOWN))
        .returns(ClientErrors.DEADLINE_EXCEEDED, EcsException::errorCode)
        .returns(Limit.QUEUE, EcsException::exhaustedLimit);
  }

  @Test
  void transportFailure_isNamedByDelivery() {
    Throwable failure = new UncheckedIOException(new IOException("reset"));

    EcsException unsent = EcsExceptions.transportFailed(failure, Delivery.NOT_SENT);
    EcsException sent = EcsExceptions.transportFailed(failure, Delivery.UNKNOWN);

    assertThat(unsent.errorCode()).isEqualTo(ClientErrors.CONNECT_FAILED);
    assertThat(sent.errorCode()).isEqualTo(ClientErrors.CONNECTION_LOST);
    assertThat(sent.reason()).isEqualTo("The transport failed with IOException");
  }

  @Test
  void cyclicCauses_end() {
    Exception one = new IllegalStateException("one");
    Exception other = new IllegalArgumentException("other", one);
    one.initCause(other);

    assertThat(EcsExceptions.transportFailed(one, Delivery.UNKNOWN).reason())
        .isEqualTo("The transport failed with IllegalStateException");
  }

  @Test
  void action_isNamedUnlessTheFailureNamesOne() {
    EcsException known = EcsExceptions.noReply(Delivery.UNKNOWN);
    EcsException named = known.mutate().action("DescribeInstances").build();

    assertThat(EcsExceptions.of("StopInstance", known).action()).isEqualTo("StopInstance");
    assertThat(EcsExceptions.of("StopInstance", named)).isSameAs(named);
  }

  @Test
  void reason_withoutDetailIsTheMeaningOfTheCode() {
    EcsException error = EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build();

    assertThat(error.reason()).isEqualTo(ClientErrors.CLOSED.meaning());
  }

  @ParameterizedTest
  @EnumSource(Category.class)
  void failuresOfTheService_areNoRejection(Category category) {
    boolean mayHaveActed =
        category == Category.SERVER
            || category == Category.IN_PROGRESS
            || category == Category.NETWORK;

    assertThat(ClientErrors.CLOSED.withCategory(category).isRejection()).isEqualTo(!mayHaveActed);
  }

  @ParameterizedTest
  @CsvSource({"502, true", "503, true", "504, true", "500, false", "404, false"})
  void gatewayOverload_isAPageOfTheGatewayWithoutACode(int status, boolean overload) {
    assertThat(ErrorCode.classify(null, null, status).isGatewayOverload()).isEqualTo(overload);
    assertThat(ErrorCode.classify("Strange", null, status).isGatewayOverload()).isFalse();
    assertThat(
            ErrorCode.classify(null, null, status)
                .withCategory(Category.THROTTLED)
                .isGatewayOverload())
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "InvalidInstance.NotFound, NOT_FOUND",
    "FlowLimitExceeded.PerSecond, THROTTLED",
    "Strange, REQUEST",
    "Closed, REQUEST"
  })
  void errorOfOneInstance_isClassifiedByItsCode(String code, Category category) {
    assertThat(ErrorCode.ofReplyDetail(code).category()).isEqualTo(category);
  }

  @Test
  void errorOfOneInstance_cannotBeOneOfThisClient() {
    String forged = ClientErrors.CLOSED.code();

    assertThat(ErrorCode.ofReplyDetail(forged).code()).isEqualTo("Service." + forged);
  }

  @ParameterizedTest
  @CsvSource({
    "http://user:secret@host/p, http://***@host/p",
    "http://@host, http://***@host",
    "http://host/p, http://host/p",
    "host, host",
    "user:pa@ss@host, ***@host",
    "@://host, @://host"
  })
  void addressWithScheme_keepsScheme(String address, String shown) {
    assertThat(Printable.addressWithoutUserInfo(address)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({"65535, \\uffff", "65536, \\u{10000}"})
  void escape_hasBracesBeyondFourDigits(int codePoint, String escape) {
    assertThat(Printable.escape(codePoint)).isEqualTo(escape);
  }
}
