package io.fleetstop;

import static io.fleetstop.EcsClientTest.STOP;
import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.transport.HttpExchange;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/** A service or proxy that echoes the credentials or the signature of the request. */
@Tag("guarantee:masking")
class SecretMaskTest {

  private static final String TOKEN = "STSeyJBY2Nlc3NLZXk+SWQi/OiJBS0x0ZXN0==";
  private static final Credentials KEYS =
      Credentials.of("keyid-0123456789", "c2VjcmV0LWtleS0x+/aGVsbG8=", TOKEN);

  static List<String> secrets() {
    return List.of(TOKEN, KEYS.secretAccessKey(), KEYS.accessKeyId());
  }

  private static List<UnaryOperator<String>> encodings() {
    UnaryOperator<String> percent =
        text ->
            text.replace("%", "%25").replace("+", "%2B").replace("/", "%2F").replace("=", "%3D");
    UnaryOperator<String> json = text -> text.replace("\\", "\\\\").replace("/", "\\/");
    return List.of(
        UnaryOperator.identity(),
        text -> text.substring(0, 12),
        text -> text.substring(0, text.length() - 3),
        percent,
        text -> percent.apply(text).replace("%2B", "%2b").replace("%2F", "%2f"),
        text -> percent.apply(percent.apply(text)),
        text -> percent.apply(text).substring(0, 14),
        json,
        text -> json.apply(json.apply(text)),
        text -> text.replace("=", "\\u003d"),
        text -> text.replace('+', ' '));
  }

  private static EcsException failureOf(String code, String message, String requestId) {
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":%s,\"Error\":{\"Code\":%s,\"Message\":%s}}}"
            .formatted(quoted(requestId), quoted(code), quoted(message));
    return failure(
        client(ScriptedExchange.answering(reply(400, body)))
            .credentials(CredentialsProvider.fixed(KEYS))
            .build()
            .stopInstance(STOP));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  private static String everythingOf(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void secret_isMaskedInEveryTextAndEncoding(String secret) {
    for (UnaryOperator<String> encoding : encodings()) {
      String echoed = encoding.apply(secret);
      EcsException error = failureOf("Odd." + echoed, "saw " + echoed + ".", "id-" + echoed);
      assertThat(error.detail()).isEqualTo("saw ***.");
      assertThat(error.errorCode().code()).isEqualTo("Odd.***");
      assertThat(error.requestId()).isEqualTo("id-***");
      assertThat(everythingOf(error)).doesNotContain(echoed, secret.substring(0, 12));
    }
  }

  /** Text in which a search for secrets could start again at each character. */
  @ParameterizedTest
  @ValueSource(strings = {"\\", "%25", "%", "Signature=", "a", "\\u005c"})
  void hugeText_isMaskedInBoundedTime(String part) {
    String huge = part.repeat(1_000_000 / part.length());
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          EcsException error = failureOf("Odd." + huge, "saw " + huge, "id-" + huge);
          assertThat(error.detail()).hasSizeLessThan(2_000);
        });
  }

  /** What is beyond the part that is searched is left out, and so is a secret across its end. */
  @Test
  void secretAtTheEndOfTheSearchedText_isMasked() {
    String secret = KEYS.secretAccessKey();
    for (int length = 8_192 - 80; length < 8_192 + 10; length++) {
      // The mask of many secrets is short enough for the end to be shown.
      String masked = (TOKEN + ".").repeat(length / (TOKEN.length() + 1));
      String text = masked + ".".repeat(length - masked.length()) + secret;
      assertThat(failureOf("Odd", text, "r-1").detail()).doesNotContain(secret.substring(0, 12));
    }
  }

  @Test
  void shortPrefix_isNotMasked() {
    EcsException error = failureOf("Odd", "keyid-01234, STSeyJBY2Nl", "r-1");
    assertThat(error.detail()).isEqualTo("keyid-01234, STSeyJBY2Nl");
  }

  @Test
  void requestIdOfASuccess_isMasked() {
    String body = "{\"ResponseMetadata\":{\"RequestId\":\"<" + TOKEN + ">\"},\"Result\":{}}";
    StopInstance.Result result =
        client(ScriptedExchange.answering(reply(200, body)))
            .credentials(CredentialsProvider.fixed(KEYS))
            .build()
            .stopInstance(STOP)
            .block();
    assertThat(result).isEqualTo(new StopInstance.Result("_***_", 1));
  }

  @Test
  void signatureAndItsPrefixes_areMasked() {
    for (int length : List.of(12, 40, 64)) {
      ScriptedExchange[] exchange = new ScriptedExchange[1];
      HttpExchange echo =
          (request, maySend) -> {
            String authorization = request.headers().getOrDefault("Authorization", "");
            String signature = authorization.substring(authorization.lastIndexOf('=') + 1);
            exchange[0] =
                ScriptedExchange.answering(
                    reply(
                        400,
                        "{\"errorcode\":\"Odd\",\"message\":\"got "
                            + signature.substring(0, length)
                            + "!\"}"));
            return exchange[0].exchange(request, maySend);
          };
      EcsException error =
          failure(
              client(ScriptedExchange.answering())
                  .transport(echo)
                  .credentials(CredentialsProvider.fixed(KEYS))
                  .build()
                  .stopInstance(STOP));
      assertThat(error.detail()).isEqualTo("got ***!");
    }
  }

  @Test
  void signatureOfAnUnknownRequest_isMasked() {
    String hex = "0123456789abcdef".repeat(4);
    HttpExchange.Response response =
        new HttpExchange.Response(
            400,
            Map.of(),
            ("{\"errorcode\":\"Odd\",\"message\":\"Signature=deadbeefdeadbeef, or " + hex + "\"}")
                .getBytes(StandardCharsets.UTF_8));
    EcsException error = EcsErrorDecoder.decode(response, null, Instant.EPOCH);
    assertThat(error).isNotNull();
    assertThat(error.detail()).isEqualTo("Signature=***, or ***");
  }

  @Test
  void codesAndRequestIds_areShortWords() {
    EcsException error = failureOf("<b>Odd\u202e Code</b>", "m", "r\n2 ' x");
    assertThat(error.errorCode().code()).isEqualTo("_b_Odd_Code_b_");
    assertThat(error.requestId()).isEqualTo("r_2_x");
    assertThat(failureOf("x".repeat(5_000), "m", "y".repeat(5_000)).errorCode().code())
        .hasSizeLessThan(150);
  }

  @Test
  void secretInAMistypedResult_isNotInTheCause() {
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"TotalCount\":\""
            + TOKEN
            + "\"}}";
    EcsException error =
        failure(
            client(ScriptedExchange.answering(reply(200, body)))
                .credentials(CredentialsProvider.fixed(KEYS))
                .build()
                .describeInstances(DescribeInstances.builder().build())
                .collectList());
    assertThat(everythingOf(error)).doesNotContain(TOKEN);
  }

  @Test
  void listeners_getMaskedTexts() {
    List<String> seen = new ArrayList<>();
    CallListener listener =
        new CallListener() {
          @Override
          public void attemptSucceeded(
              String action, int attempt, int status, String requestId, ContextView context) {
            seen.add(requestId);
          }

          @Override
          public void attemptFailed(
              String action, int attempt, EcsException failure, ContextView context) {
            seen.add(everythingOf(failure));
          }
        };
    for (int status : List.of(200, 400)) {
      String error = status == 200 ? "null" : "{\"Code\":\"Odd\",\"Message\":\"" + TOKEN + "\"}";
      String body =
          "{\"ResponseMetadata\":{\"RequestId\":\"%s\",\"Error\":%s}}".formatted(TOKEN, error);
      client(ScriptedExchange.answering(reply(status, body)))
          .credentials(CredentialsProvider.fixed(KEYS))
          .listener(listener)
          .build()
          .stopInstance(STOP)
          .onErrorResume(failure -> Mono.empty())
          .block();
    }
    assertThat(seen).hasSize(2).allSatisfy(text -> assertThat(text).doesNotContain(TOKEN));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"A\"},\"Error\":null}}",
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{},\"Result\":{}}",
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"RequestId\":\"s\"},\"Result\":{}}",
        "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"A\"}},\"ResponseMetadata\":{\"RequestId\":\"r\"}}",
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"A\":1,\"A\":2}}"
      })
  void duplicateNames_makeTheReplyUnreadable(String body) {
    EcsException error =
        failure(client(ScriptedExchange.answering(reply(200, body))).build().stopInstance(STOP));
    assertThat(error.errorCode().code()).isEqualTo("Client.UnreadableReply");
    assertThat(error.delivery()).isEqualTo(EcsException.Delivery.UNKNOWN);
  }
}
