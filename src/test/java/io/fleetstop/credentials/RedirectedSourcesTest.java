package io.fleetstop.credentials;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.RawServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service that answers with a redirect: it is not followed, and gives no credentials. */
class RedirectedSourcesTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-22T19:00:00Z"));
  private static final String TRAP =
      "{\"Result\":{\"Credentials\":{\"AccessKeyId\":\"AKTPtrap\",\"SecretAccessKey\":\"trap\","
          + "\"SessionToken\":\"trap\"}}}";

  private final RawServer elsewhere = RawServer.replying(reply(200, "application/json", TRAP));
  private RawServer service = elsewhere;

  @TempDir private Path folder;

  @BeforeEach
  void writeToken() throws IOException {
    Files.writeString(folder.resolve("token"), FakeSts.OIDC_TOKEN);
  }

  @AfterEach
  void close() throws IOException {
    elsewhere.close();
    service.close();
  }

  private void redirect(int status) {
    service =
        RawServer.replying(
            "HTTP/1.1 "
                + status
                + " Elsewhere\r\nLocation: "
                + elsewhere.uri("/")
                + "\r\nContent-Length: 0\r\n\r\n");
  }

  private AssumeRoleOptions role() {
    return AssumeRoleOptions.builder(FakeSts.TRN)
        .endpoint(service.uri(""))
        .timeout(Reasons.PATIENCE)
        .maxAttempts(1)
        .build();
  }

  private void assertNowhereElse(CredentialsProvider source) {
    Reasons.reason(source);
    assertThat(service.requests()).hasSize(1);
    assertThat(elsewhere.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void assumeRoleRedirect_isNotFollowed(int status) {
    redirect(status);
    assertNowhereElse(
        CredentialsProvider.assumeRole(CredentialsProvider.fixed(FakeSts.ASKER), role()));
  }

  @Tag("guarantee:no-redirect")
  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void oidcRedirect_isNotFollowed(int status) {
    redirect(status);
    assertNowhereElse(new OidcCredentials(folder.resolve("token"), role(), CLOCK));
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void metadataRedirect_isNotFollowed(int status) {
    redirect(status);
    EcsRoleOptions options =
        EcsRoleOptions.builder()
            .endpoint(service.uri(""))
            .timeout(Reasons.PATIENCE)
            .deadline(Reasons.PATIENCE)
            .maxAttempts(1)
            .build();
    assertNowhereElse(new EcsRoleCredentials(name -> null, options, CLOCK));
  }
}
