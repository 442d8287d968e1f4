package io.fleetstop;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.SecretMask;
import io.fleetstop.error.EcsException;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.StopInstance;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Any reply is decoded, or rejected with a message that contains no secret. */
class ReplyFuzzTest {

  private static final String SECRET = "c2VjcmV0LWZvci1mdXp6aW5n";
  private static final Credentials CREDENTIALS =
      Credentials.of("AKLTfuzz0example", SECRET, "token==0123456789");
  private static final SecretMask MASK = SecretMask.of(CREDENTIALS, null);
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
          .build();

  @FuzzTest(maxDuration = "4s")
  void anyReply_isDecodedOrFailsPrintably(FuzzedDataProvider data) {
    Response reply =
        new Response(
            data.consumeInt(100, 599),
            Map.of(
                "retry-after", List.of(data.consumeAsciiString(40)),
                "date", List.of(data.consumeAsciiString(40))),
            data.consumeRemainingAsBytes());

    requireShowable(decode(StopInstance.of("i-1"), reply));
    requireShowable(decode(DescribeInstances.builder().build(), reply));
    requireShowable(EcsErrorDecoder.decode(reply, CREDENTIALS, NOW));
  }

  private static @Nullable EcsException decode(EcsAction<?> action, Response reply) {
    try {
      String requestId = ActionCodec.decode(action, reply, MASK, 1, NOW).requestId();
      assertThat(requestId.chars()).noneMatch(Character::isISOControl);
      return null;
    } catch (EcsException refused) {
      return refused;
    }
  }

  private static void requireShowable(@Nullable EcsException failure) {
    if (failure == null) {
      return;
    }
    assertThat(failure.toString().length()).isLessThan(4_000);
    assertThat(failure.toString().chars()).noneMatch(Character::isISOControl);
    assertThat(failure.toString()).doesNotContain(SECRET, "AKLTfuzz0example", "token==0123456789");
    // A limiter passes the error on unchanged, whatever delay it asks for.
    Throwable received =
        RateLimiter.tokenBucket(1e6, 1)
            .limit(Mono.error(failure))
            .materialize()
            .map(signal -> Objects.requireNonNull(signal.getThrowable()))
            .block();
    assertThat(received).isSameAs(failure);
  }

  @FuzzTest(maxDuration = "4s")
  void streamedReply_equalsItsTree(byte[] body) {
    String requestId = StreamingReply.requestIdOf(body, "StopInstance");
    if (requestId == null) {
      return;
    }
    JsonNode root = JSON.readTree(body);
    JsonNode metadata = root.path("ResponseMetadata");
    assertThat(metadata.path("RequestId").stringValue()).isEqualTo(requestId);
    assertThat(metadata.path("Error").isNull() || metadata.path("Error").isMissingNode()).isTrue();
    JsonNode result = root.path("Result");
    assertThat(page(new StreamingReply(requestId, 1, body, SecretMask.of(null, null))))
        .isEqualTo(page(result.isObject() ? result : JSON.createObjectNode()));
  }

  private static @Nullable Object page(EcsAction.Reply reply) {
    try {
      return reply.result(Page.class);
    } catch (RuntimeException refused) {
      return null;
    }
  }

  private static @Nullable Object page(JsonNode tree) {
    try {
      return JSON.treeToValue(tree, Page.class);
    } catch (RuntimeException refused) {
      return null;
    }
  }

  /** One value of each type that a result can have. */
  record Page(
      @Nullable List<Item> instances, @Nullable String nextToken, @Nullable Integer totalCount) {

    record Item(@Nullable String instanceId, @Nullable Map<String, String> tags) {}
  }
}
