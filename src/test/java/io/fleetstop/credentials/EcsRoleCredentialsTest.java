package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeMetadata.credentials;
import static io.fleetstop.credentials.FakeService.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

class EcsRoleCredentialsTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final Instant END = Instant.parse("2026-11-22T20:00:00Z");
  private static final String WHERE = "ECS metadata at http://100.96.0.96: ";

  private final FakeMetadata metadata = new FakeMetadata();
  private final Map<String, String> variables = new HashMap<>();

  @AfterEach
  void close() {
    metadata.close();
  }

  @Test
  void requests_areTokenThenRoleThenCredentials() {
    EcsRoleOptions options = Reasons.patient(metadata).build();

    Reasons.expect(source(options), credentials("stopper", END));

    assertThat(metadata.requests())
        .extracting(request -> request.method() + " " + pathAndQuery(request.uri()))
        .containsExactly(
            "PUT /latest/api/token",
            "GET /volcstack/latest/iam/security_credentials?type=user&format=json",
            "GET /volcstack/latest/iam/security_credentials/stopper");
    assertThat(header(metadata.request(1), "x-volc-ecs-metadata-token-ttl-seconds"))
        .isEqualTo("21600");
    assertThat(header(metadata.request(1), "content-length")).isEqualTo("0");
    assertThat(header(metadata.request(3), "x-volc-ecs-metadata-token")).isEqualTo("metadata-1");
  }

  @Test
  void fetch_closesItsConnection() throws InterruptedException {
    EcsRoleOptions options = Reasons.patient(metadata).build();

    Reasons.expect(source(options), credentials("stopper", END));

    assertThat(metadata.clientLeft()).isTrue();
  }

  @Test
  void severalRoles_areListedUnlessOneIsNamed() {
    metadata.hasRoles("second", "first");

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(
            WHERE
                + "the instance has several roles, second, first: name one by"
                + " VOLCENGINE_ECS_METADATA");
    Reasons.expect(source(EcsRoleOptions.builder().roleName("first")), credentials("first", END));
  }

  @Test
  void endlessRoles_areCounted() {
    metadata.hasRoles(IntStream.range(0, 5_000).mapToObj(i -> "role-" + i).toArray(String[]::new));

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .startsWith(WHERE + "the instance has several roles, role-0, role-1, ")
        .endsWith(", role-9 and 4990 more: name one by VOLCENGINE_ECS_METADATA");
  }

  @Test
  void plainLines_areReadAsRoles() {
    metadata.next(200, "metadata-1");
    metadata.next(200, "a\r\nb\r\n");

    assertThat(Reasons.reason(source(EcsRoleOptions.builder()))).contains("several roles, a, b:");
  }

  @Test
  void disabledByOption_sendsNothing() {
    assertThat(Reasons.reason(source(EcsRoleOptions.builder().disabled(true))))
        .isEqualTo(WHERE + "disabled by an option");
    assertThat(metadata.requests()).isEmpty();
  }

  @Test
  void unclearSwitch_isRefused() {
    variables.put("VOLCENGINE_ECS_METADATA_DISABLED", "1");

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "VOLCENGINE_ECS_METADATA_DISABLED must be true or false, was \"1\"");
    assertThat(metadata.requests()).isEmpty();
  }

  @Test
  void configuredRole_isNotRequested() {
    metadata.hasRoles("one", "two", "three");
    variables.put("VOLCENGINE_ECS_METADATA", "two");

    Reasons.expect(source(EcsRoleOptions.builder()), credentials("two", END));
    Reasons.expect(source(EcsRoleOptions.builder().roleName("three")), credentials("three", END));

    assertThat(metadata.requests()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-22T19:30:00Z, 2026-11-22T19:30:00Z",
    "2026-11-23T04:00:00+08:00, 2026-11-22T20:00:00Z",
    "2026-11-22t19:30:00.5z, 2026-11-22T19:30:00.500Z",
    "soon, 2026-11-22T20:00:00Z",
    "'', 2026-11-22T20:00:00Z",
    ", 2026-11-22T20:00:00Z",
  })
  void expiry_isReadOrDefaultsToOneHour(String named, Instant end) {
    metadata.endsAt(named);

    Reasons.expect(source(EcsRoleOptions.builder()), credentials("stopper", end));
  }

  @Test
  void disabled_sendsNothing() {
    variables.put("VOLCENGINE_ECS_METADATA_DISABLED", "True");

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "VOLCENGINE_ECS_METADATA_DISABLED is true");
    assertThat(metadata.requests()).isEmpty();
  }

  @Test
  void missingStep_isNamed() {
    assertThat(Reasons.reason(source(EcsRoleOptions.builder().roleName("other"))))
        .isEqualTo(WHERE + "role other: HTTP 404");
    metadata.hasRoles();
    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "the instance has no role, or the list of roles cannot be read");
    variables.put("VOLCENGINE_ECS_METADATA", "../token");
    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "VOLCENGINE_ECS_METADATA is not the name of a role");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\"}"})
  void replyWithoutCredentials_namesTheMissingField(String body) {
    metadata.next(200, "metadata-1");
    metadata.next(200, body);

    assertThat(Reasons.reason(source(EcsRoleOptions.builder().roleName("stopper"))))
        .startsWith(WHERE + "role stopper: ")
        .endsWith(" is missing");
    assertThat(metadata.requests()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n", "two\nlines", "b\u00fccher"})
  void unprintableToken_isRejected(String body) {
    metadata.next(200, body);

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "the token is not one");
    assertThat(metadata.requests()).hasSize(1);
  }

  @Test
  void rejection_isNotRetried() {
    metadata.next(403, "");

    assertThat(Reasons.reason(source(EcsRoleOptions.builder())))
        .isEqualTo(WHERE + "the token: HTTP 403");
    assertThat(metadata.requests()).hasSize(1);
  }

  @Test
  void failure_isRetriedAfterOneSecond() {
    metadata.next(500, "");
    metadata.nextIsLost();
    EcsRoleCredentials source = source(EcsRoleOptions.builder());

    StepVerifier.withVirtualTime(source::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(2))
        .expectNext(credentials("stopper", END))
        .verifyComplete();
    assertThat(metadata.requests()).hasSize(5);
  }

  @Test
  void noAnswer_isRetriedUntilTheDeadline() {
    for (int i = 0; i < 4; i++) {
      metadata.nextHangs();
    }
    EcsRoleCredentials source = source(EcsRoleOptions.builder());

    StepVerifier.withVirtualTime(source::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(5))
        .consumeErrorWith(
            error ->
                assertThat(Reasons.of(error)).isEqualTo(WHERE + "not completed within 5000 ms"))
        .verify();
    // At 0, 2 and 4 seconds.
    assertThat(metadata.requests()).hasSize(3);
  }

  @Test
  void timeoutAttemptsAndDeadline_areConfigurable() {
    for (int i = 0; i < 4; i++) {
      metadata.nextHangs();
    }
    EcsRoleOptions.Builder options =
        EcsRoleOptions.builder().timeout(Duration.ofMillis(200)).maxAttempts(2);

    StepVerifier.withVirtualTime(source(options)::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(1_400))
        .consumeErrorWith(
            error -> assertThat(Reasons.of(error)).isEqualTo(WHERE + "no reply within 200 ms"))
        .verify();
    assertThat(metadata.requests()).hasSize(2);
    StepVerifier.withVirtualTime(source(options.deadline(Duration.ofMillis(100)))::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(100))
        .consumeErrorWith(
            error -> assertThat(Reasons.of(error)).isEqualTo(WHERE + "not completed within 100 ms"))
        .verify();
  }

  @Test
  void silentPort_failsByTheDeadline() {
    for (int i = 0; i < 10; i++) {
      metadata.nextHangs();
    }
    EcsRoleOptions options =
        EcsRoleOptions.builder()
            .endpoint(metadata.start())
            .timeout(Duration.ofMillis(50))
            .maxAttempts(1)
            .build();

    assertThat(Reasons.reason(source(options))).contains("ECS metadata at http://127.0.0.1:");
  }

  @Test
  void oversizedReply_isNotReadToItsEnd() {
    metadata.next(200, "x".repeat(100_000));
    EcsRoleOptions options = Reasons.patient(metadata).maxAttempts(1).build();

    assertThat(Reasons.reason(source(options))).contains("65536");
    assertThat(metadata.requests()).hasSize(1);
  }

  @Test
  void options_areValidatedAndCopied() {
    EcsRoleOptions.Builder builder = EcsRoleOptions.builder();
    assertThatThrownBy(() -> builder.roleName(".."))
        .hasMessage("roleName must be letters, digits and +=,.@_-, was \"..\"");
    assertThatThrownBy(() -> builder.roleName("a/b"))
        .hasMessage("roleName must be letters, digits and +=,.@_-, was \"a/b\"");
    assertThatThrownBy(() -> builder.endpoint(URI.create("http://host/path")))
        .hasMessage("endpoint must be http(s)://host[:port], was for host host");
    assertThatThrownBy(() -> builder.endpoint(URI.create("ftp://host")))
        .hasMessageStartingWith("endpoint must be http(s)");
    assertThatThrownBy(() -> builder.timeout(Duration.ZERO))
        .hasMessage("timeout must be 1 ms to 365 days, was 0s");
    assertThatThrownBy(() -> builder.deadline(Duration.ZERO))
        .hasMessage("deadline must be 1 ms to 365 days, was 0s");
    assertThatThrownBy(() -> builder.maxAttempts(0))
        .hasMessage("maxAttempts must be at least 1, was 0");

    EcsRoleOptions options =
        builder
            .disabled(true)
            .roleName("role")
            .endpoint(URI.create("http://[::1]:80"))
            .timeout(Duration.ofSeconds(2))
            .maxAttempts(3)
            .deadline(Duration.ofSeconds(7))
            .transport(metadata)
            .build();
    assertThat(options.mutate().build()).usingRecursiveComparison().isEqualTo(options);
  }

  private EcsRoleCredentials source(EcsRoleOptions.Builder options) {
    return source(options.transport(metadata).build());
  }

  private EcsRoleCredentials source(EcsRoleOptions options) {
    return new EcsRoleCredentials(variables::get, options, InstantSource.fixed(NOW));
  }

  private static String pathAndQuery(URI uri) {
    return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
  }
}
