package io.fleetstop;

import static io.fleetstop.EcsClientTest.STOP;
import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.EcsClientTest.unrepeating;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

/** Replies that are malformed, unusual, or not from the service at all. */
class OddRepliesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html><body>502 Bad Gateway</body></html>",
        "not json",
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"",
        "{}",
        "{\"Result\":{}}",
        "{\"ResponseMetadata\":{}}",
        "{\"ResponseMetadata\":\"text\"}",
        "[]",
        "null",
        "\u0000\u0001\u0002"
      })
  void unreadableSuccess_mayHaveTakenEffect(String body) {
    ScriptedExchange exchange = ScriptedExchange.answering(reply(200, body));
    EcsException error = failure(client(exchange).build().stopInstance(STOP));
    assertThat(error.errorCode().code()).isEqualTo("Client.UnreadableReply");
    assertThat(error.category()).isEqualTo(Category.SERVER);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(error.exhaustedLimit()).isEqualTo(Limit.ATTEMPTS);
    assertThat(exchange.sent()).hasSize(4);
  }

  @Test
  void unreadableErrors_areClassifiedByStatus() {
    assertUnread(500, Category.SERVER, Delivery.UNKNOWN, 4);
    assertUnread(302, Category.REQUEST, Delivery.UNKNOWN, 1);
    assertUnread(400, Category.REQUEST, Delivery.UNKNOWN, 1);
    assertUnread(404, Category.REQUEST, Delivery.UNKNOWN, 1);
    assertUnread(401, Category.AUTH, Delivery.UNKNOWN, 1);
    assertUnread(403, Category.PERMISSION, Delivery.UNKNOWN, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void overloadedGateway_isWaitedOutUntilTheDeadline(int status) {
    ScriptedExchange exchange = ScriptedExchange.answering(reply(status, "<html>busy</html>"));
    RetryBudget budget = RetryBudget.ofRetries(3);
    RetryPolicy policy =
        RetryPolicy.builder()
            .deadline(Duration.ofSeconds(1))
            .backoff(Category.SERVER, (retry, random) -> Duration.ofMillis(50))
            .build();
    EcsException error =
        failure(
            client(exchange).retryPolicy(policy).retryBudget(budget).build().stopInstance(STOP));
    assertThat(error.errorCode().code()).isEqualTo("HTTP." + status);
    assertThat(error.category()).isEqualTo(Category.SERVER);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(error.exhaustedLimit()).isEqualTo(Limit.DEADLINE);
    assertThat(exchange.sent()).hasSizeGreaterThan(4);
    assertThat(budget.remainingRetries()).isEqualTo(3);
  }

  private static void assertUnread(int status, Category category, Delivery delivery, int sent) {
    ScriptedExchange exchange = ScriptedExchange.answering(reply(status, "<html>oops</html>"));
    EcsException error = failure(client(exchange).build().stopInstance(STOP));
    assertThat(error.errorCode().code()).isEqualTo("HTTP." + status);
    assertThat(error.category()).isEqualTo(category);
    assertThat(error.delivery()).isEqualTo(delivery);
    assertThat(exchange.sent()).hasSize(sent);
  }

  @ParameterizedTest
  @CsvSource({
    "400, FlowLimitExceeded.PerSecond, , THROTTLED, REJECTED",
    "400, Client.Throttling, , THROTTLED, REJECTED",
    "503, RequestLimitExceeded, , THROTTLED, REJECTED",
    "400, TooManyRequests, , THROTTLED, REJECTED",
    "429, , , THROTTLED, REJECTED",
    "503, , 3, THROTTLED, UNKNOWN",
    "420, , 3, THROTTLED, UNKNOWN",
    "400, Brand.New, 3, THROTTLED, REJECTED",
    "400, Brand.New, , REQUEST, REJECTED",
    "503, , , SERVER, UNKNOWN",
    "502, , 3, THROTTLED, UNKNOWN",
    "500, , 3, THROTTLED, UNKNOWN",
    "400, InvalidArgument, 3, REQUEST, REJECTED",
    "500, InternalError, 3, SERVER, UNKNOWN"
  })
  void throttling_isKnownByCodeStatusOrRetryAfter(
      int status,
      @Nullable String code,
      @Nullable String retryAfter,
      Category category,
      Delivery delivery) {
    Map<String, String> headers = retryAfter == null ? Map.of() : Map.of("retry-after", retryAfter);
    String body = code == null ? "<html></html>" : ScriptedExchange.errorBody(code);
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(status, headers, body)))
                .retryPolicy(RetryPolicy.none())
                .build()
                .stopInstance(STOP));
    assertThat(error.category()).isEqualTo(category);
    assertThat(error.delivery()).isEqualTo(delivery);
  }

  @Test
  void unusualReplies_areRead() {
    String withBom = "\uFEFF" + ScriptedExchange.ACCEPTED;
    String withMore =
        "{\"New\":1,\"ResponseMetadata\":{\"RequestId\":\"2025-r1\",\"More\":[{}]},\"Result\":null}";
    for (String body : List.of(withBom, withMore)) {
      ScriptedExchange exchange =
          ScriptedExchange.answering(reply(200, Map.of("content-type", "text/html"), body));
      StepVerifier.create(client(exchange).build().stopInstance(STOP))
          .expectNextCount(1)
          .verifyComplete();
    }
  }

  @Test
  void undocumentedCodes_areKept() {
    EcsException error =
        failure(
            client(ScriptedExchange.answering(error(409, "Brand.New"))).build().stopInstance(STOP));
    assertThat(error.errorCode().code()).isEqualTo("Brand.New");
    assertThat(error.category()).isEqualTo(Category.CONFLICT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"100009", "\"100009\""})
  void numberOfACode_mayBeAString(String codeN) {
    String body =
        "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"Renamed\",\"CodeN\":" + codeN + "}}}";
    EcsException error =
        failure(client(ScriptedExchange.answering(reply(400, body))).build().stopInstance(STOP));
    assertThat(error.category()).isEqualTo(Category.AUTH);
    assertThat(error.requestId()).isNull();
  }

  @Test
  void flatGatewayError_isDecoded() {
    String body =
        "{\"HTTPCode\":500,\"errorcode\":\"FlowLimitExceeded\",\"message\":\"slow down\"}";
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(500, body)))
                .retryPolicy(unrepeating())
                .build()
                .stopInstance(STOP));
    assertThat(error.category()).isEqualTo(Category.THROTTLED);
    assertThat(error.detail()).isEqualTo("slow down");
  }

  @Test
  void accessKeys_areMaskedInMessages() {
    String body =
        "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"InvalidAccessKey\",\"Message\":"
            + "\"The accesskey [AKLTexample1] included in the request is invalid.\"}}}";
    EcsException error =
        failure(client(ScriptedExchange.answering(reply(401, body))).build().stopInstance(STOP));
    assertThat(error.getMessage())
        .contains("The accesskey [***] included")
        .doesNotContain("AKLTexample1");
  }

  @Test
  void nullError_isNoError() {
    String body = "{\"ResponseMetadata\":{\"RequestId\":\"x\",\"Error\":null},\"Result\":{}}";
    StepVerifier.create(
            client(ScriptedExchange.answering(reply(200, body))).build().stopInstance(STOP))
        .expectNextCount(1)
        .verifyComplete();
  }

  @Test
  void missingInstances_areNotAnEmptyListing() {
    String body = "{\"ResponseMetadata\":{\"RequestId\":\"x\"},\"Result\":{}}";
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(200, body)))
                .build()
                .describeInstances(DescribeInstances.builder().build())
                .collectList());
    assertThat(error.errorCode().code()).isEqualTo("Client.UnreadableReply");
    String empty =
        "{\"ResponseMetadata\":{\"RequestId\":\"x\"},\"Result\":{\"Instances\":null,\"TotalCount\":0}}";
    StepVerifier.create(
            client(ScriptedExchange.answering(reply(200, empty)))
                .build()
                .describeInstances(DescribeInstances.builder().build()))
        .verifyComplete();
  }

  @Test
  void errors_areMaskedAndPrintable() {
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\\n2\",\"Error\":{\"Code\":\"Odd\\u001b[31m\",\"Message\":"
            + "\"token STSverysecret, key secret-key-1\\r\\nFAKE LOG LINE \"}}}"
                .replace(" \"}}}", "x".repeat(5_000) + "\"}}}");
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(400, body)))
                .credentials(
                    CredentialsProvider.fixed(
                        Credentials.of("AKTPexample", "secret-key-1", "STSverysecret")))
                .build()
                .stopInstance(STOP));
    assertThat(error.getMessage())
        .contains("token ***, key ***")
        .doesNotContain("STSverysecret", "secret-key-1", "\n", "\r", "\u001b")
        .hasSizeLessThan(1_500);
    assertThat(error.requestId()).isEqualTo("r_2");
  }

  @ParameterizedTest
  @CsvSource({
    "AKTPexample, secret-key-1, STS.AKTPexample.therest",
    "AKTPexample, secret-key-1, STS.secret-key-1.therest",
    "keyid-7, keyid-7.therest, STSverysecret",
  })
  @Tag("guarantee:masking")
  void secretWithinASecret_isMaskedWhole(String keyId, String secretKey, String token) {
    String body =
        "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"Odd\",\"Message\":\""
            + String.join(" ", "saw", secretKey, token, keyId)
            + "\"}}}";
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(400, body)))
                .credentials(CredentialsProvider.fixed(Credentials.of(keyId, secretKey, token)))
                .build()
                .stopInstance(STOP));
    assertThat(error.detail()).isEqualTo("saw *** *** ***");
  }

  @Test
  void secretAcrossTheLengthLimit_isMasked() {
    String token = "STS" + "s".repeat(100);
    String body =
        "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"Odd\",\"Message\":\""
            + "x".repeat(950)
            + token
            + "\"}}}";
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(400, body)))
                .credentials(
                    CredentialsProvider.fixed(Credentials.of("AKTPexample", "secret-key-1", token)))
                .build()
                .stopInstance(STOP));
    assertThat(error.getMessage()).contains("x***").doesNotContain("STSs");
  }
}
