package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.TRN;
import static io.fleetstop.credentials.FakeSts.issued;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The default chain against fake services: order, error reasons and caching. */
class OfficialChainTest {

  // Refreshing reads the system's clock, for which these must be valid.
  private static final Instant NOW = Instant.parse("2126-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));

  private final Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
  private final FakeSts sts = new FakeSts(clock);
  private final FakeMetadata metadata = new FakeMetadata();
  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path home;

  private CredentialServices services;

  @BeforeEach
  void start() {
    services = Reasons.services(sts, metadata, clock);
    metadata.endsAt(END.toString());
  }

  @AfterEach
  void close() {
    sts.close();
    metadata.close();
  }

  @Test
  void sources_areInTheOrderOfTheOfficialSdks() throws IOException {
    Reasons.expect(chain(), FakeMetadata.credentials("stopper", END));
    writeProfile();
    Reasons.expect(chain(), Credentials.of("AKprofile", "SKprofile"));
    describeOidcRole();
    Reasons.expect(chain(), issued(1, END));
    variables.put("VOLCENGINE_ACCESS_KEY", "AK");
    variables.put("VOLCENGINE_SECRET_KEY", "SK");
    Reasons.expect(chain(), Credentials.of("AK", "SK"));

    assertThat(sts.requests()).hasSize(1);
    assertThat(metadata.requests()).hasSize(3);
  }

  @Test
  void allSourcesFail_errorHasEveryReason() {
    variables.put("VOLCENGINE_ECS_METADATA_DISABLED", "true");

    assertThat(Reasons.reason(chain()))
        .isEqualTo(
            "environment: neither VOLCENGINE_ACCESS_KEY nor VOLCENGINE_SECRET_KEY is set; OIDC:"
                + " neither VOLCENGINE_OIDC_ROLE_TRN nor VOLCENGINE_OIDC_TOKEN_FILE is set; "
                + home
                + "/.volcengine/config.json: does not exist; ECS metadata at "
                + services.metadata().endpoint()
                + ": VOLCENGINE_ECS_METADATA_DISABLED is true");
    assertThat(metadata.requests()).isEmpty();
  }

  @Test
  void metadataFails_errorAlsoNamesTheSkippedSources() {
    metadata.next(404, "");

    assertThat(Reasons.reason(chain()))
        .isEqualTo(
            "ECS metadata at "
                + services.metadata().endpoint()
                + ": the token: HTTP 404; skipped before it: environment: neither"
                + " VOLCENGINE_ACCESS_KEY nor VOLCENGINE_SECRET_KEY is set; OIDC: neither"
                + " VOLCENGINE_OIDC_ROLE_TRN nor VOLCENGINE_OIDC_TOKEN_FILE is set; "
                + home
                + "/.volcengine/config.json: does not exist");
  }

  @Test
  void failure_isNotCached() {
    metadata.next(404, "");
    CredentialsProvider chain = chain();
    assertThat(Reasons.reason(chain)).contains(": the token: HTTP 404;");

    Reasons.expect(chain, FakeMetadata.credentials("stopper", END));
  }

  @Test
  void concurrentCallers_shareOneFetch() {
    CredentialsProvider chain = chain();

    StepVerifier.create(
            Flux.range(0, 200)
                .parallel(4)
                .runOn(Schedulers.parallel())
                .flatMap(i -> chain.resolve(), false, 200)
                .sequential()
                .distinct()
                .collectList())
        .expectNext(List.of(FakeMetadata.credentials("stopper", END)))
        .expectComplete()
        .verify(Reasons.PATIENCE);

    assertThat(metadata.requests()).hasSize(3);
  }

  @Test
  void rejectedCredentials_areFetchedAgain() throws IOException {
    describeOidcRole();
    CredentialsProvider chain = chain();
    Reasons.expect(chain, issued(1, END));
    Reasons.expect(chain, issued(1, END));

    chain.invalidate(issued(1, END));

    Reasons.expect(chain, issued(2, END));
    Reasons.expect(chain, issued(2, END));
    assertThat(sts.requests()).hasSize(2);
  }

  private CredentialsProvider chain() {
    return CredentialsChain.official(variables::get, home, Objects.requireNonNull(services));
  }

  private void writeProfile() throws IOException {
    Files.createDirectories(home.resolve(".volcengine"));
    Files.writeString(
        home.resolve(".volcengine/config.json"),
        """
        {"profiles": {"default": {"access-key": "AKprofile", "secret-key": "SKprofile"}}}
        """);
  }

  private void describeOidcRole() throws IOException {
    Path token = Files.writeString(home.resolve("token"), FakeSts.OIDC_TOKEN);
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN);
    variables.put("VOLCENGINE_OIDC_TOKEN_FILE", token.toString());
  }
}
