package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.ASKER;
import static io.fleetstop.credentials.FakeSts.TRN;
import static io.fleetstop.credentials.FakeSts.issued;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.sign.ClockSkew;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class AssumeRoleCredentialsTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final String WHO = "AssumeRole " + TRN + ": ";

  private final FakeSts sts = new FakeSts(CLOCK);

  @AfterEach
  void close() {
    sts.close();
  }

  @Test
  void requestToSts_isSigned() throws InterruptedException {
    AssumeRoleOptions options =
        AssumeRoleOptions.builder(TRN).endpoint(sts.start()).timeout(Reasons.PATIENCE).build();

    Reasons.expect(source(ASKER, options), issued(1, END));

    assertThat(sts.requests()).hasSize(1);
    assertThat(FakeSts.parameters(sts.request(1).uri().getRawQuery()))
        .isEqualTo(
            Map.of(
                "Action", "AssumeRole",
                "Version", "2018-01-01",
                "RoleTrn", TRN,
                "RoleSessionName", "fleetstop",
                "DurationSeconds", "3600"));
    assertThat(sts.clientLeft()).isTrue();
  }

  @Test
  void options_areSent() {
    String policy = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"ecs:StopInstance\"]}]}";
    AssumeRoleOptions.Builder options =
        AssumeRoleOptions.builder(TRN)
            .sessionName("nightly@ops")
            .duration(Duration.ofMinutes(15))
            .policy(policy);

    Reasons.expect(source(ASKER, options), issued(1, NOW.plus(Duration.ofMinutes(15))));

    assertThat(FakeSts.parameters(sts.request(1).uri().getRawQuery()))
        .containsEntry("RoleSessionName", "nightly@ops")
        .containsEntry("DurationSeconds", "900")
        .containsEntry("Policy", policy);
  }

  @Test
  void region_isInTheSignatureScope() {
    assertThat(
            Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN).region("ap-southeast-1"))))
        .isEqualTo(WHO + "HTTP 401, InvalidCredential, request req-x");
    assertThat(FakeService.header(sts.request(1), "authorization"))
        .contains("/ap-southeast-1/sts/request");
  }

  @Test
  void temporarySourceCredentials_signTheirToken() {
    Credentials temporary = Credentials.of("AKTPasker", "asker-secret", "asker-token");
    sts.letIn(temporary);

    Reasons.expect(source(temporary, AssumeRoleOptions.builder(TRN)), issued(1, END));
  }

  @Test
  void missingExpiry_isComputedFromTheDuration() {
    sts.keepTheEndToItself();

    Reasons.expect(
        source(ASKER, AssumeRoleOptions.builder(TRN).duration(Duration.ofHours(2))),
        issued(1, NOW.plus(Duration.ofHours(2))));
  }

  @Test
  void rejection_namesCodeButNotTheServicesMessage() {
    Credentials wrong = Credentials.of("AKLTasker", "other-secret");

    assertThat(Reasons.reason(source(wrong, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "HTTP 401, SignatureDoesNotMatch, request req-x");
    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder("trn:iam::1:role/missing"))))
        .isEqualTo("AssumeRole trn:iam::1:role/missing: HTTP 404, RoleNotExist, request req-x");
    sts.next(Mono.just(FakeSts.refusal(200, "AccessDenied")));
    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "HTTP 200, AccessDenied, request req-x");
    sts.next(403, "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"a secret\\nin two lines\"}}}");
    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "HTTP 403");
    // None of them is retried.
    assertThat(sts.requests()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|AccessKeyId",
        "<html>|AccessKeyId",
        "{\"Result\":{\"Credentials\":[]}}|AccessKeyId",
        "{\"Result\":{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":7}}}"
            + "|SecretAccessKey",
        "{\"Result\":{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}}}"
            + "|SessionToken",
      })
  void replyWithoutCredentials_namesTheMissingField(String body, String missing) {
    sts.next(200, body);

    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "the reply holds no credentials: " + missing + " is missing");
  }

  @Test
  void unprintableCredentials_areRejectedWithoutShowingThem() {
    sts.next(
        200,
        "{\"Result\":{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"role-secret"
            + " 1\",\"SessionToken\":\"T\"}}}");

    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN))))
        .startsWith(WHO + "the reply holds no credentials: secretAccessKey must be printable");
  }

  @Test
  void sourceWithoutCredentials_isNamed() {
    CredentialsProvider empty = new EnvironmentCredentials(name -> null);

    assertThat(Reasons.reason(source(empty, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(
            WHO
                + "source credentials: environment: neither VOLCENGINE_ACCESS_KEY nor"
                + " VOLCENGINE_SECRET_KEY is set");
    assertThat(Reasons.reason(source(Mono::empty, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "source credentials: the source returned no credentials");
    assertThat(sts.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void failure_isRetriedAfterOneSecond(int status) {
    sts.next(status, "");
    sts.nextIsLost();
    sts.next(Mono.just(FakeSts.refusal(400, "FlowLimitExceeded")));
    AssumeRoleCredentials source = source(ASKER, AssumeRoleOptions.builder(TRN));

    StepVerifier.withVirtualTime(source::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(3))
        .expectNext(issued(1, END))
        .verifyComplete();
  }

  @Test
  void hangingService_failsAfterFourAttempts() {
    for (int i = 0; i < 5; i++) {
      sts.nextHangs();
    }
    AssumeRoleCredentials source = source(ASKER, AssumeRoleOptions.builder(TRN));

    StepVerifier.withVirtualTime(source::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofSeconds(4 * 3 + 3))
        .consumeErrorWith(
            error -> assertThat(Reasons.of(error)).isEqualTo(WHO + "no reply within 3000 ms"))
        .verify();
    assertThat(sts.requests()).hasSize(4);
  }

  @Test
  void timeoutAndMaxAttempts_areConfigurable() {
    sts.nextHangs();
    AssumeRoleCredentials source =
        source(
            ASKER, AssumeRoleOptions.builder(TRN).timeout(Duration.ofMillis(500)).maxAttempts(1));

    StepVerifier.withVirtualTime(source::resolve)
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(500))
        .consumeErrorWith(
            error -> assertThat(Reasons.of(error)).isEqualTo(WHO + "no reply within 500 ms"))
        .verify();
    assertThat(sts.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT-1H", "PT2H"})
  void clockSkew_isCorrectedByServerTime(Duration ahead) {
    RefreshingCredentials source =
        AssumeRoleCredentials.refreshed(
            CredentialsProvider.fixed(ASKER),
            AssumeRoleOptions.builder(TRN).transport(sts).build(),
            InstantSource.fixed(NOW.plus(ahead)));

    Reasons.expect(source, issued(1, END));
    assertThat(sts.requests()).hasSize(2);
    Reasons.expect(source, issued(1, END));
    assertThat(sts.requests()).as("kept until its end by the right clock").hasSize(2);
    source.invalidate(issued(1, END));
    Reasons.expect(source, issued(2, END));
    assertThat(sts.requests()).as("the right time is remembered").hasSize(3);
  }

  @Test
  void clockStillWrong_isCorrectedOnce() {
    for (int i = 0; i < 2; i++) {
      sts.next(Mono.just(sts.dated(FakeSts.refusal(400, "InvalidTimestamp"))));
    }

    assertThat(Reasons.reason(source(ASKER, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "HTTP 400, InvalidTimestamp, request req-x");
    assertThat(sts.requests()).hasSize(2);
  }

  @Test
  void wrongClockWithoutServerTime_fails() {
    sts.keepTheTimeToItself();
    AssumeRoleOptions options = AssumeRoleOptions.builder(TRN).transport(sts).build();
    AssumeRoleCredentials source =
        new AssumeRoleCredentials(
            CredentialsProvider.fixed(ASKER),
            options,
            new ClockSkew(InstantSource.fixed(NOW.minus(Duration.ofHours(1)))));

    assertThat(Reasons.reason(source)).isEqualTo(WHO + "HTTP 400, InvalidTimestamp, request req-x");
    assertThat(sts.requests()).hasSize(1);
  }

  @Test
  void rejectedSource_isRefreshedAndRetriedOnce() {
    Credentials stale = Credentials.of("AKTPold", "asker-secret", "t");
    Renewable asker = new Renewable(stale, ASKER);

    Reasons.expect(source(asker, AssumeRoleOptions.builder(TRN)), issued(1, END));

    assertThat(asker.rejected).containsExactly(stale);
    assertThat(sts.requests()).hasSize(2);
  }

  @Test
  void sourceRejectedTwice_isNotRetried() {
    Renewable asker =
        new Renewable(Credentials.of("AKTPold", "s"), Credentials.of("AKTPnew", "s"), ASKER);

    assertThat(Reasons.reason(source(asker, AssumeRoleOptions.builder(TRN))))
        .isEqualTo(WHO + "HTTP 401, InvalidAccessKey, request req-x");
    assertThat(sts.requests()).hasSize(2);
  }

  private AssumeRoleCredentials source(Credentials asker, AssumeRoleOptions.Builder options) {
    return source(CredentialsProvider.fixed(asker), options);
  }

  private AssumeRoleCredentials source(
      CredentialsProvider asker, AssumeRoleOptions.Builder options) {
    return new AssumeRoleCredentials(asker, options.transport(sts).build(), new ClockSkew(CLOCK));
  }

  private static AssumeRoleCredentials source(Credentials asker, AssumeRoleOptions options) {
    return new AssumeRoleCredentials(
        CredentialsProvider.fixed(asker), options, new ClockSkew(CLOCK));
  }

  /** Switches to its next credentials when the current ones are invalidated. */
  private static final class Renewable implements CredentialsProvider {

    private final List<Credentials> all;
    private final List<Credentials> rejected = new ArrayList<>();

    Renewable(Credentials... all) {
      this.all = List.of(all);
    }

    @Override
    public Mono<Credentials> resolve() {
      return Mono.fromSupplier(() -> all.get(rejected.size()));
    }

    @Override
    public void invalidate(Credentials refused) {
      rejected.add(refused);
    }
  }
}
