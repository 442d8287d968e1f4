package io.fleetstop;

import static io.fleetstop.EcsClientTest.STOP;
import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.EcsClientTest.unrepeating;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.reply;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.DescribeRegions;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who issues credentials may choose a session token that holds a word of a reply: the client
 * decides as with any other token.
 */
@Tag("guarantee:masking")
class ReplyDecisionsTest {

  private static final String ORDINARY = "STS2-0123456789-ordinary";

  /** The tokens that may hide a word: itself, one around it, and one as short as a letter. */
  private static List<String> tokensAround(String word) {
    return List.of(word, "STS2-" + word + "-0123456789", word.substring(0, 1));
  }

  private static EcsClientBuilder holding(String token, ScriptedExchange exchange) {
    return client(exchange)
        .credentials(CredentialsProvider.fixed(Credentials.of("ak", "s", token)))
        .retryPolicy(unrepeating());
  }

  private static String page(String result) {
    return "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}";
  }

  private static <T> void assertSameDecision(String word, Function<String, T> decision) {
    T ordinary = decision.apply(ORDINARY);
    for (String token : tokensAround(word)) {
      assertThat(decision.apply(token)).as("token %s", token).isEqualTo(ordinary);
    }
  }

  /** What decides about a failure. */
  private record Decided(ErrorCode code, EcsException.Delivery delivery, int attempts) {

    static Decided by(EcsException error) {
      return new Decided(error.errorCode(), error.delivery(), error.attempts());
    }
  }

  @ParameterizedTest
  @MethodSource("io.fleetstop.EcsClientTest#serviceCodes")
  void documentedCode_decides(ErrorCode code) {
    ScriptedExchange exchange = ScriptedExchange.answering(error(418, code.code()));

    assertSameDecision(
        code.code(),
        token -> Decided.by(failure(holding(token, exchange).build().stopInstance(STOP))));
  }

  @Test
  void codeThatNamesThrottling_isThrottling() {
    String code = "FlowLimitExceeded.PerSecondAndKey";
    ScriptedExchange exchange = ScriptedExchange.answering(error(418, code));

    assertSameDecision(
        code,
        token ->
            failure(holding(token, exchange).build().stopInstance(STOP)).errorCode().category());
  }

  @Test
  void codeOfThePolicy_isFound() {
    String code = "Odd.PassesByItself";
    ScriptedExchange exchange = ScriptedExchange.answering(error(400, code));

    assertSameDecision(
        code,
        token ->
            Decided.by(
                failure(
                    holding(token, exchange)
                        .retryPolicy(
                            unrepeating().mutate().overrideCategory(code, Category.BUSY).build())
                        .build()
                        .stopInstance(STOP))));
  }

  /** An action with an undocumented code as its success. */
  private record Custom(String code) implements EcsAction<List<@Nullable Object>> {

    /** A result whose texts are masked, but not the names of its properties. */
    record Named(@Nullable Integer instanceChargeType, @Nullable Map<String, String> map) {}

    @Override
    public String action() {
      return "Custom";
    }

    @Override
    public Map<String, String> parameters() {
      return Map.of();
    }

    @Override
    public Idempotency idempotency() {
      return Idempotency.READ;
    }

    @Override
    public boolean isSuccess(ErrorCode errorCode) {
      return errorCode.code().equals(code);
    }

    @Override
    public List<@Nullable Object> decode(Reply reply) {
      return List.of(
          requireNonNull(reply.result(Named.class).instanceChargeType()),
          requireNonNull(reply.received(Named.class).map()));
    }
  }

  @Test
  void codeOfAnAction_isItsSuccess() {
    String code = "Odd.PassedTheCheck";
    String result = "\"Result\":{\"InstanceChargeType\":7,\"Map\":{\"k\":\"v\"}}";
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"%s\"}},%s}"
            .formatted(code, result);
    ScriptedExchange exchange = ScriptedExchange.answering(reply(400, body));
    for (String word : List.of(code, "InstanceChargeType")) {
      assertSameDecision(
          word, token -> holding(token, exchange).build().call(new Custom(code)).block());
    }
    ScriptedExchange plain =
        ScriptedExchange.answering(
            reply(200, "{\"ResponseMetadata\":{\"RequestId\":\"r\"}," + result + "}"));
    assertSameDecision(
        "InstanceChargeType", token -> holding(token, plain).build().call(new Custom("")).block());
  }

  private static final String ID = "i-3tiefmkskq3vj0exam";
  private static final String PAGE =
      page(
          ("{\"Instances\":[{\"InstanceId\":\"%s\",\"Status\":\"STOPPED\",\"InstanceName\":"
                  + "\"cn-beijing-web-server\",\"ZoneId\":\"cn-beijing-a\",\"ProjectName\":"
                  + "\"search-production\",\"UpdatedAt\":\"2026-11-01T08:00:00+08:00\",\"Tags\":[{"
                  + "\"Key\":\"fleetstop:protect\",\"Value\":\"by-the-owner\"}]}]}")
              .formatted(ID));

  /** Everything that decides about an instance. */
  static Stream<String> words() {
    return Stream.of(
        ID,
        "STOPPED",
        "cn-beijing-web-server",
        "cn-beijing-a",
        "search-production",
        "2026-11-01T08:00:00+08:00",
        "fleetstop:protect",
        "by-the-owner");
  }

  private static List<Object> decidedBy(Instance instance) {
    return List.of(
        instance.instanceId(),
        instance.state(),
        instance.received(),
        instance.isProtectedBy("fleetstop:protect", "by-the-owner"),
        instance.isProtectedBy("fleetstop:protect", "by-another"),
        instance.isProtectedBy("fleetstop:other", null));
  }

  @ParameterizedTest
  @MethodSource("words")
  void listedInstance_decides(String word) {
    ScriptedExchange exchange = ScriptedExchange.answering(reply(200, PAGE));
    for (DescribeInstances request :
        List.of(
            DescribeInstances.builder().build(),
            DescribeInstances.ofIds(List.of(InstanceId.of(ID))))) {
      assertSameDecision(
          word,
          token ->
              decidedBy(
                  requireNonNull(
                      holding(token, exchange).build().describeInstances(request).blockFirst())));
    }
  }

  /** One record is unreadable, so that the page is read in another way. */
  @ParameterizedTest
  @MethodSource("words")
  void instanceOfADamagedPage_decides(String word) {
    String damaged = PAGE.replace("]}]}}", "]},{\"InstanceId\":\"i-2\",\"Status\":{}}]}}");
    ScriptedExchange exchange = ScriptedExchange.answering(reply(200, damaged));

    assertSameDecision(
        word,
        token ->
            holding(token, exchange)
                .build()
                .describeInstances(DescribeInstances.builder().build())
                .map(ReplyDecisionsTest::decidedBy)
                .collectList()
                .block());
  }

  @Test
  void requestedIdOfAnyForm_isFound() {
    String id = "Web_Server_of_Search";
    ScriptedExchange exchange = ScriptedExchange.answering(reply(200, PAGE.replace(ID, id)));

    assertSameDecision(
        id,
        token ->
            requireNonNull(
                    holding(token, exchange)
                        .build()
                        .describeInstances(DescribeInstances.ofIds(List.of(InstanceId.of(id))))
                        .blockFirst())
                .instanceId());
  }

  @Test
  void pageToken_isSentBackAsItIs() {
    String next = "next-page-0123456789/+=";
    String first = PAGE.replace("]}]}}", "]}],\"NextToken\":\"" + next + "\"}}");
    String regions = "{\"Regions\":[{\"RegionId\":\"ap-southeast-1\"}],\"NextToken\":\"%s\"}";

    assertSameDecision(
        next,
        token -> {
          ScriptedExchange exchange =
              ScriptedExchange.answering(reply(200, first), reply(200, PAGE));
          holding(token, exchange)
              .build()
              .describeInstances(DescribeInstances.builder().build())
              .blockLast();
          return exchange.sent().get(1).uri();
        });
    assertSameDecision(
        next,
        token ->
            requireNonNull(
                    holding(
                            token,
                            ScriptedExchange.answering(reply(200, page(regions.formatted(next)))))
                        .build()
                        .call(DescribeRegions.first())
                        .block())
                .next());
  }

  @Test
  void regionId_isKept() {
    String body = page("{\"Regions\":[{\"RegionId\":\"ap-southeast-1\"}]}");

    assertSameDecision(
        "ap-southeast-1",
        token ->
            holding(token, ScriptedExchange.answering(reply(200, body)))
                .build()
                .call(DescribeRegions.first())
                .block());
  }

  @Test
  void detailsOfABatch_decide() {
    String code = "InvalidInstanceStatus";
    String throttled = "FlowLimitExceeded.PerSecondAndKey";
    String details =
        page(
            ("{\"OperationDetails\":[{\"InstanceId\":\"%s\"},{\"InstanceId\":\"i-2\",\"Error\":{"
                    + "\"Code\":\"%s\"}},{\"InstanceId\":\"i-3\",\"Error\":{\"Code\":\"%s\"}}]}")
                .formatted(ID, code, throttled));
    ScriptedExchange exchange = ScriptedExchange.answering(reply(200, details));
    StopInstances request =
        StopInstances.of(Stream.of(ID, "i-2", "i-3").map(InstanceId::of).toList());
    for (String word : List.of(ID, code, throttled)) {
      assertSameDecision(
          word,
          token ->
              requireNonNull(holding(token, exchange).build().call(request).block())
                  .instances()
                  .stream()
                  .map(
                      result ->
                          result.error() == null
                              ? "accepted"
                              : result.error().category() + " " + result.error().delivery())
                  .toList());
    }
  }

  /** Two codes that look alike when they are masked are two statements. */
  @Test
  void differentMaskedCodes_areDifferent() {
    String token = "STS2-ManyWordsOfAToken";
    String details =
        page(
            ("{\"OperationDetails\":[{\"InstanceId\":\"i-1\",\"Error\":{\"Code\":\"%s\"}},"
                    + "{\"InstanceId\":\"i-1\",\"Error\":{\"Code\":\"%s\"}}]}")
                .formatted(token, token.substring(1)));
    StopInstances.Result result =
        holding(token, ScriptedExchange.answering(reply(200, details)))
            .build()
            .call(StopInstances.of(List.of(InstanceId.of("i-1"))))
            .block();

    assertThat(requireNonNull(result).instances())
        .singleElement()
        .extracting(one -> requireNonNull(one.error()).detail())
        .asString()
        .contains("twice, differently");
  }

  /** What is shown stays masked: only decisions see the text that was sent. */
  @ParameterizedTest
  @MethodSource("words")
  void shownInstance_isMasked(String word) {
    UnaryOperator<String> around = text -> "STS2-" + text + "-0123456789";
    Instance instance =
        requireNonNull(
            holding(around.apply(word), ScriptedExchange.answering(reply(200, PAGE)))
                .build()
                .describeInstances(DescribeInstances.builder().build())
                .blockFirst());
    boolean shown = word.equals(ID) || word.length() < 12;

    assertThat(instance.toString().contains(word)).isEqualTo(shown);
    assertThat(instance.tags().toString()).doesNotContain(word);
  }
}
