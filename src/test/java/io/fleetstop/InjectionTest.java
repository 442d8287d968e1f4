package io.fleetstop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.contract.RawServer;
import io.fleetstop.credentials.AssumeRoleOptions;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.credentials.EcsRoleOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.io.IOException;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Hostile values on the wire: each is rejected or arrives unchanged, and adds neither a header nor
 * a parameter nor a request.
 */
class InjectionTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Set<String> SIGNED_HEADERS =
      Set.of(
          "host",
          "user-agent",
          "accept",
          "accept-encoding",
          "x-date",
          "x-security-token",
          "authorization");

  private RawServer server = RawServer.start(exchange -> {});
  private String nextToken = "";

  /** The last ones become line ends if characters are truncated to bytes. */
  static List<String> hostile() {
    return List.of(
        "a\r\nX-Injected: 1",
        "a\nX-Injected: 1",
        "a\rX-Injected: 1",
        "a HTTP/1.1\r\nHost: elsewhere.example\r\n\r\nGET /?Action=DeleteInstance",
        "a&Action=DeleteInstance&InstanceId=i-2",
        "a;Action=DeleteInstance",
        "a#b",
        "a?b=c/../../d",
        "a%0d%0aX-Injected:%201",
        "a%26Action%3DDeleteInstance",
        "a+b=c",
        "a\u0000b",
        "a\u007fb\u0085c\u2028d",
        "\u560d\u560aX-Injected: 1",
        "\ud83d\ude00\u010d\u010aX-Injected:1");
  }

  @BeforeEach
  void start() throws IOException {
    server.close();
    server = RawServer.start(exchange -> exchange.write(answer()));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private String answer() {
    ObjectNode reply = JsonNodeFactory.instance.objectNode();
    reply.putObject("ResponseMetadata").put("RequestId", "r");
    ObjectNode result = reply.putObject("Result");
    ArrayNode instances = result.putArray("Instances");
    if (server.requests().size() == 1 && !nextToken.isEmpty()) {
      result.put("NextToken", nextToken);
      instances.addObject().put("InstanceId", "i-1");
    }
    return RawServer.reply(200, "application/json", reply.toString());
  }

  private EcsClientBuilder client() {
    return EcsClient.builder()
        .region("cn-beijing")
        .endpoint(server.uri(""))
        .rateLimiter(RateLimiter.unlimited())
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTkey", "secret", "token")));
  }

  private <T> void call(EcsClientBuilder builder, EcsAction<T> action) {
    EcsClient client = builder.build();
    StepVerifier.create(client.call(action).then()).expectComplete().verify(PATIENCE);
    client.closeAsync().block(PATIENCE);
  }

  /** Returns whether the value was rejected with a message that is safe to log. */
  private static boolean isRefused(Runnable use) {
    try {
      use.run();
      return false;
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).doesNotContain("\r", "\n", "\u0000").isNotBlank();
      return true;
    }
  }

  /** The parameters of the n-th request, which must have come as one, with no header added. */
  private Map<String, String> parameters(int number) {
    List<String> lines = Arrays.asList(server.requests().get(number - 1).split("\r\n", -1));
    assertThat(lines.get(0)).matches("GET /\\?[!-~]* HTTP/1\\.1");
    Set<String> names = new TreeSet<>();
    for (String line : lines.subList(1, lines.size() - 2)) {
      assertThat(line).doesNotContain("\r", "\n", "\u0000");
      names.add(line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT));
    }
    assertThat(names).isEqualTo(SIGNED_HEADERS);
    Map<String, String> parameters = new LinkedHashMap<>();
    String query = lines.get(0).substring(6, lines.get(0).lastIndexOf(' '));
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      parameters.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
    }
    return parameters;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileInstanceId_isRejected(String value) {
    assertThat(isRefused(() -> InstanceId.of(value))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileClientToken_isRejectedOrEncoded(String value) {
    boolean refused =
        isRefused(() -> call(client(), StopInstance.builder("i-1").clientToken(value).build()));

    assertThat(refused).isEqualTo(!value.matches("[ -~]+"));
    if (refused) {
      assertThat(server.requests()).isEmpty();
    } else {
      assertThat(server.requests()).hasSize(1);
      assertThat(parameters(1))
          .hasSize(6)
          .containsEntry("Action", "StopInstance")
          .containsEntry("InstanceId", "i-1")
          .containsEntry("ClientToken", value);
    }
  }

  @Tag("guarantee:no-injection")
  @ParameterizedTest
  @MethodSource("hostile")
  void hostileFilterTagOrNextToken_isEncoded(String value) {
    nextToken = value;
    DescribeInstances request =
        DescribeInstances.builder()
            .status(value)
            .zoneId(value)
            .vpcId(value)
            .projectName(value)
            .tag(value, value, value)
            .build();
    EcsClient client = client().build();
    StepVerifier.create(client.describeInstances(request))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    client.closeAsync().block(PATIENCE);

    assertThat(server.requests()).hasSize(2);
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("Action", "DescribeInstances");
    expected.put("Version", EcsAction.ECS_VERSION);
    expected.put("MaxResults", "100");
    for (String name :
        List.of(
            "Status",
            "ZoneId",
            "VpcId",
            "ProjectName",
            "TagFilters.1.Key",
            "TagFilters.1.Values.1",
            "TagFilters.1.Values.2")) {
      expected.put(name, value);
    }
    assertThat(parameters(1)).isEqualTo(expected);
    expected.put("NextToken", value);
    assertThat(parameters(2)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileCustomAction_isEncoded(String value) {
    call(client(), new Custom(value));

    assertThat(server.requests()).hasSize(1);
    assertThat(parameters(1))
        .isEqualTo(Map.of("Action", value, "Version", value, "name " + value, value));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileRegion_isRejected(String value) {
    assertThat(isRefused(() -> client().region(value).build())).isTrue();
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileRole_isRejected(String value) {
    String role = "trn:iam::1:role/";
    boolean name = value.matches("[A-Za-z0-9_+=,.@-]{1,64}");
    assertThat(isRefused(() -> AssumeRoleOptions.builder(role + "a").sessionName(value)))
        .isEqualTo(!name);
    assertThat(isRefused(() -> EcsRoleOptions.builder().roleName(value))).isEqualTo(!name);
    assertThat(isRefused(() -> AssumeRoleOptions.builder(role + "a").region(value))).isTrue();
    assertThat(isRefused(() -> AssumeRoleOptions.builder(role + value)))
        .isEqualTo(!value.matches("[!-~]+"));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostilePolicyOrRole_isEncoded(String value) {
    String role = "trn:iam::1:role/" + (value.matches("[!-~]+") ? value : "a");
    AssumeRoleOptions options =
        AssumeRoleOptions.builder(role)
            .policy(value)
            .endpoint(server.uri(""))
            .timeout(PATIENCE)
            .build();
    CredentialsProvider asker =
        CredentialsProvider.fixed(Credentials.of("AKLTkey", "secret", "token"));
    CredentialsProvider.assumeRole(asker, options).resolve().onErrorComplete().block(PATIENCE);

    assertThat(server.requests()).hasSize(1);
    assertThat(parameters(1))
        .isEqualTo(
            Map.of(
                "Action", "AssumeRole",
                "Version", "2018-01-01",
                "RoleTrn", role,
                "RoleSessionName", "fleetstop",
                "DurationSeconds", "3600",
                "Policy", value));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileService_isRejected(String value) {
    EcsClient client = client().build();
    Custom action =
        new Custom("List") {
          @Override
          public String service() {
            return value;
          }
        };

    assertThatThrownBy(() -> client.call(action).block(PATIENCE)).isInstanceOf(Exception.class);
    assertThat(server.requests()).isEmpty();
    client.closeAsync().block(PATIENCE);
  }

  @Tag("guarantee:header-injection")
  @ParameterizedTest
  @MethodSource("hostile")
  void hostileKeyOrSessionToken_isRejected(String value) {
    boolean refused =
        isRefused(
            () ->
                call(
                    client()
                        .credentials(
                            CredentialsProvider.fixed(Credentials.of(value, value, value))),
                    StopInstance.of("i-1")));

    assertThat(refused).isEqualTo(!value.matches("[!-~]+"));
    assertThat(server.requests()).hasSize(refused ? 0 : 1);
    if (!refused) {
      parameters(1);
      assertThat(server.requests().get(0).lines())
          .contains("X-Security-Token: " + value)
          .anyMatch(line -> line.startsWith("Authorization: HMAC-SHA256 Credential=" + value));
    }
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileApplicationName_isRejected(String value) {
    boolean refused =
        isRefused(
            () ->
                call(
                    client()
                        .transportOptions(
                            TransportOptions.builder().applicationName(value).build()),
                    StopInstance.of("i-1")));

    assertThat(refused).isEqualTo(!value.matches("[ -~]+"));
    assertThat(server.requests()).hasSize(refused ? 0 : 1);
    if (!refused) {
      parameters(1);
      assertThat(server.requests().get(0).lines())
          .anyMatch(
              line ->
                  line.toLowerCase(Locale.ROOT).startsWith("user-agent: fleetstop/")
                      && line.endsWith(") " + value));
    }
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileHeaderValue_addsNoHeader(String value) {
    NettyTransport transport = NettyTransport.create();
    Request request = Request.get(server.uri("/")).withHeaders(Map.of("X-Given", value));
    transport.exchange(request, () -> true).onErrorComplete().block(PATIENCE);
    transport.disposeLater().block(PATIENCE);

    for (String sent : server.requests()) {
      assertThat(
              Arrays.stream(sent.split("\r\n|\r|\n", -1))
                  .filter(line -> line.contains(":"))
                  .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                  .collect(Collectors.toSet()))
          .isSubsetOf("x-given", "host", "user-agent", "accept", "accept-encoding");
    }
    assertThat(server.requests()).hasSizeLessThan(2);
  }

  /** An action that fleetstop does not ship. */
  private static class Custom implements EcsAction<String> {

    private final String value;

    Custom(String value) {
      this.value = value;
    }

    @Override
    public String action() {
      return value;
    }

    @Override
    public String version() {
      return value;
    }

    @Override
    public Map<String, String> parameters() {
      return Map.of("name " + value, value);
    }

    @Override
    public Idempotency idempotency() {
      return Idempotency.READ;
    }

    @Override
    public @Nullable String clientToken() {
      return null;
    }

    @Override
    public String decode(Reply reply) {
      return reply.requestId();
    }
  }
}
