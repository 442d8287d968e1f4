package io.fleetstop;

import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.ScriptedExchange.reply;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** Texts of results reach logs, journals and reports, so they are masked as messages are. */
@Tag("guarantee:masking")
class ResultTextTest {

  private static final Credentials KEYS =
      Credentials.of("AKLTexample0123456789", "c2VjcmV0LWtleS0x+/aGVsbG8=", "STS2-token+token==");

  private static final List<String> TEXTS =
      List.of(
          "InstanceName",
          "Status",
          "StoppedMode",
          "InstanceTypeId",
          "InstanceChargeType",
          "ZoneId",
          "VpcId",
          "ProjectName",
          "CreatedAt");

  private static EcsClient answered(String result) {
    String body = "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}";
    return client(ScriptedExchange.answering(reply(200, body)))
        .credentials(CredentialsProvider.fixed(KEYS))
        .build();
  }

  /** An instance that has the text in each place, but for its id. */
  private static Instance instanceOf(String text) {
    StringBuilder json = new StringBuilder("{\"Instances\":[{\"InstanceId\":\"i-1\"");
    TEXTS.forEach(name -> json.append(",\"").append(name).append("\":\"" + text + '"'));
    json.append(",\"Tags\":[{\"Key\":\"" + text + "\",\"Value\":\"" + text + "\"}]}]}");
    return requireNonNull(
        answered(json.toString())
            .describeInstances(DescribeInstances.builder().build())
            .blockFirst());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AKLTexample0123456789",
        "c2VjcmV0LWtleS0x+/aGVsbG8=",
        "c2VjcmV0LWtleS0x%2B%2FaGVsbG8%3D",
        "c2VjcmV0LWtleS0x\\\\/aGVsbG8",
        "STS2-token token==",
        "STS2-token+token=="
      })
  void secretInAnyText_isMasked(String secret) {
    Instance instance = instanceOf("a " + secret);
    assertThat(instance.toString())
        .contains("a ***")
        .doesNotContain("AKLTexample012", "c2VjcmV0LWtl", "STS2-token");
    assertThat(instance.tags())
        .first()
        .extracting(Instance.Tag::key)
        .asString()
        .startsWith("a ***");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "worker-1",
        "cn-beijing-a",
        "AKLTother0123456789",
        "100% of c:\\\\temp \\\\u0041 and %41%2",
        "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "\u4e91\u670d\u52a1\u5668 \ud83d\udc69\u200d\ud83d\udcbb \u0645\u0631\u062d\u0628\u0627",
        "c2VjcmV0LW STS2-token+ AKLTexample"
      })
  void otherText_isKeptAsItIs(String text) {
    String plain = text.replace("\\\\", "\\");
    Instance instance = instanceOf(text);
    assertThat(instance.instanceName()).isEqualTo(plain);
    assertThat(instance.status()).isEqualTo(plain);
    assertThat(instance.tags()).containsExactly(new Instance.Tag(plain, plain));
  }

  @Test
  void longText_isShortened() {
    assertThat(instanceOf("x".repeat(256)).status()).isEqualTo("x".repeat(256));
    Instance instance = instanceOf("x".repeat(255) + "\ud83d\ude00".repeat(2_000));
    assertThat(instance.status()).isEqualTo("x".repeat(255) + "\u2026");
    assertThat(instance.toString()).hasSizeLessThan(12 * 300);
  }

  /** A token is sent back as it is, whatever its length. */
  @Test
  void pageToken_isNotShortened() {
    String token = "n".repeat(3_000);
    String page = "{\"Instances\":[{\"InstanceId\":\"i-1\"}],\"NextToken\":\"" + token + "\"}";
    assertThat(answered(page).call(DescribeInstances.builder().build()).block())
        .isNotNull()
        .extracting(DescribeInstances.Page::nextToken)
        .isEqualTo(token);
  }

  record Echo(
      @Nullable String text, @Nullable List<String> list, @Nullable Map<String, Object> map) {}

  record Untyped(
      @Nullable JsonNode node,
      @Nullable Object any,
      @Nullable CharSequence letters,
      @Nullable Url url) {}

  /** A type that takes its text from the parser itself, as those of a caller may. */
  @JsonDeserialize(using = Url.Reader.class)
  record Url(String text) {

    static final class Reader extends ValueDeserializer<Url> {

      @Override
      public Url deserialize(JsonParser parser, DeserializationContext context) {
        StringWriter copy = new StringWriter();
        parser.getString(copy);
        String characters =
            new String(
                parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength());
        return new Url(copy + "," + characters + "," + parser.getValueAsString());
      }
    }
  }

  record EchoAction<T>(Class<T> type, boolean isPlainSuccess) implements EcsAction<T> {

    @Override
    public String action() {
      return "Echo";
    }

    @Override
    public Map<String, String> parameters() {
      return Map.of();
    }

    @Override
    public boolean isSuccess(ErrorCode errorCode) {
      return errorCode.code().equals("DryRunOperation");
    }

    @Override
    public Idempotency idempotency() {
      return Idempotency.READ;
    }

    @Override
    public T decode(Reply reply) {
      return reply.result(type);
    }
  }

  /** A plain success is decoded from its bytes, another reply from its tree. */
  private static <T> T decoded(Class<T> type, String result, boolean plain) {
    String error = "\"Error\":{\"Code\":\"DryRunOperation\",\"Message\":\"m\"}";
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"%s},\"Result\":%s}"
            .formatted(plain ? "" : "," + error, result);
    EcsClient client =
        client(ScriptedExchange.answering(reply(plain ? 200 : 412, body)))
            .credentials(CredentialsProvider.fixed(KEYS))
            .build();
    return requireNonNull(client.call(new EchoAction<>(type, plain)).block());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void textsOfAnyAction_areMasked(boolean plain) {
    String result = "{\"Text\":\"KEY\",\"List\":[\"KEY\"],\"Map\":{\"KEY\":\"KEY\"}}";

    assertThat(decoded(Echo.class, result.replace("KEY", KEYS.accessKeyId()), plain))
        .isEqualTo(new Echo("***", List.of("***"), Map.of("***", "***")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void textsOfAnyType_areMasked(boolean plain) {
    String echo = "{\"a\":[\"KEY\"],\"KEY\":{\"b\":\"KEY\"}}".replace("KEY", KEYS.accessKeyId());
    String masked = "{\"a\":[\"***\"],\"***\":{\"b\":\"***\"}}";
    String result =
        "{\"Node\":%s,\"Any\":%s,\"Letters\":\"%s\",\"Url\":\"%s\"}"
            .formatted(echo, echo, KEYS.accessKeyId(), KEYS.accessKeyId());
    Untyped untyped = decoded(Untyped.class, result, plain);

    assertThat(untyped.node()).hasToString(masked);
    assertThat(untyped.any()).isEqualTo(Map.of("a", List.of("***"), "***", Map.of("b", "***")));
    assertThat(untyped.letters()).isEqualTo("***");
    assertThat(untyped.url()).isEqualTo(new Url("***,***,***"));
    assertThat(decoded(JsonNode.class, echo, plain)).hasToString(masked);
  }

  @Test
  void longTextOfAnyAction_isCutAtItsDocumentedLength() {
    String text = requireNonNull(decoded(Echo.class, longText(65_536), true).text());
    assertThat(text).hasSize(65_536);
    assertThat(requireNonNull(decoded(Echo.class, longText(65_537), true).text()))
        .hasSizeLessThan(65_536)
        .endsWith("a\u2026");
  }

  private static String longText(int length) {
    return "{\"Text\":\"" + "a".repeat(length) + "\"}";
  }
}
