package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.TRN;
import static io.fleetstop.credentials.FakeSts.issued;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The modes of a profile that call a service. */
class CliProfileTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final FakeSts sts = new FakeSts(CLOCK);
  private final FakeMetadata metadata = new FakeMetadata();
  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path home;

  private Path file;

  private CredentialServices services;

  @BeforeEach
  void start() throws IOException {
    services = Reasons.services(sts, metadata, CLOCK);
    file = home.resolve(".volcengine/config.json");
    Files.createDirectories(file.getParent());
  }

  @AfterEach
  void close() {
    sts.close();
    metadata.close();
  }

  @Test
  void ramRoleArn_assumesTheRoleWithTheProfilesKey() throws IOException {
    CredentialsProvider source =
        profile(
            """
            {"mode": "RamRoleArn", "access-key": "AKLTasker", "secret-key": "asker-secret",
             "account-id": "2100000001", "role-name": "stopper"}
            """);

    Reasons.expect(source, issued(1, END));
    assertThat(FakeSts.parameters(sts.request(1).uri().getRawQuery()))
        .containsEntry("Action", "AssumeRole")
        .containsEntry("RoleTrn", TRN);
  }

  @Test
  void ramRoleArn_signsTheSessionToken() throws IOException {
    sts.letIn(Credentials.of("AKTP", "asker-secret", "asker-token"));

    Reasons.expect(
        profile(
            """
            {"mode": "ramrolearn", "access-key": "AKTP", "secret-key": "asker-secret",
             "session-token": "asker-token", "account-id": "2100000001", "role-name": "stopper"}
            """),
        issued(1, END));
  }

  @Test
  void oidc_assumesTheRoleWithATokenFile() throws IOException {
    Path token = Files.writeString(home.resolve("token"), FakeSts.OIDC_TOKEN);

    Reasons.expect(
        profile(
            """
            {"mode": "OIDC", "role-trn": "%s", "oidc-token-file": "%s"}
            """
                .formatted(TRN, token)),
        issued(1, END));
    assertThat(sts.request(1).method()).isEqualTo("POST");
  }

  @Test
  void ecsRole_isNamedByProfileOrInstance() throws IOException {
    metadata.hasRoles("first", "second");
    metadata.endsAt("2026-11-22T20:00:00Z");

    Reasons.expect(
        profile("{\"mode\": \"EcsRole\", \"role-name\": \"second\"}"),
        FakeMetadata.credentials("second", END));
    variables.put("VOLCENGINE_ECS_METADATA", "second");
    Reasons.expect(profile("{\"mode\": \"ecsrole\"}"), FakeMetadata.credentials("second", END));
  }

  @Test
  void incompleteMode_namesTheMissingField() throws IOException {
    String source = "profile \"work\" of " + file + ": ";

    assertThat(
            Reasons.reason(
                profile(
                    """
                    {"mode": "ramrolearn", "access-key": "A", "secret-key": "S",
                     "account-id": "2100000001"}
                    """)))
        .isEqualTo(source + "role-name is missing");
    assertThat(
            Reasons.reason(
                profile("{\"mode\": \"ramrolearn\", \"account-id\": \"1\", \"role-name\": \"r\"}")))
        .isEqualTo(source + "access-key is missing");
    assertThat(Reasons.reason(profile("{\"mode\": \"oidc\", \"role-trn\": \"" + TRN + "\"}")))
        .isEqualTo(source + "oidc-token-file is missing");
    assertThat(Reasons.reason(profile("{\"mode\": \"oidc\", \"role-trn\": \"me\"}")))
        .isEqualTo(source + "roleTrn must be trn:iam::<account>:role/<name>, was \"me\"");
    assertThat(Reasons.reason(profile("{\"mode\": \"console-login\"}")))
        .isEqualTo(source + "login-session is missing");
    assertThat(
            Reasons.reason(
                profile(
                    "{\"mode\": \"ramrolearn\", \"access-key\": \"A\", \"secret-key\": \"S\","
                        + " \"account-id\": 1, \"role-name\": \"r\"}")))
        .isEqualTo(source + "account-id must be a text in quotation marks");
    assertThat(Reasons.reason(profile("{\"mode\": \"magic\"}")))
        .isEqualTo(
            source
                + "mode \"magic\" is not supported, only ak, ststoken, ramrolearn, oidc, ecsrole,"
                + " sso and console-login are");
    assertThat(sts.requests()).isEmpty();
  }

  @Test
  void serviceError_namesTheProfile() throws IOException {
    assertThat(
            Reasons.reason(
                profile(
                    """
                    {"mode": "ramrolearn", "access-key": "AKLTasker", "secret-key": "asker-secret",
                     "account-id": "1", "role-name": "missing"}
                    """)))
        .isEqualTo(
            "profile \"work\" of "
                + file
                + ": AssumeRole trn:iam::1:role/missing: HTTP 404, RoleNotExist, request req-x");
  }

  private CliFileCredentials profile(String entry) throws IOException {
    Files.writeString(file, "{\"current\": \"work\", \"profiles\": {\"work\": " + entry + "}}");
    return new CliFileCredentials(variables::get, home, null, Objects.requireNonNull(services));
  }
}
