package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.TRN;
import static io.fleetstop.credentials.FakeSts.issued;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.sign.ClockSkew;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class OidcCredentialsTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private final FakeSts sts = new FakeSts(CLOCK);
  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path folder;

  private Path file;

  @BeforeEach
  void writeToken() throws IOException {
    file = Files.writeString(folder.resolve("token"), FakeSts.OIDC_TOKEN + "\n");
  }

  @AfterEach
  void close() {
    sts.close();
  }

  @Test
  void requestToSts_isAnUnsignedForm() {
    AssumeRoleOptions options =
        AssumeRoleOptions.builder(TRN).endpoint(sts.start()).timeout(Reasons.PATIENCE).build();

    // BlockHound would fail a file that is read on a parallel thread.
    CredentialsProvider elsewhere =
        () ->
            Mono.defer(() -> new OidcCredentials(file, options, CLOCK).resolve())
                .subscribeOn(Schedulers.parallel());
    Reasons.expect(elsewhere, issued(1, END));

    assertThat(FakeSts.parameters(sts.request(1).uri().getRawQuery()))
        .isEqualTo(Map.of("Action", "AssumeRoleWithOIDC", "Version", "2018-01-01"));
    assertThat(form(1))
        .isEqualTo(
            Map.of(
                "RoleTrn",
                TRN,
                "RoleSessionName",
                "fleetstop",
                "DurationSeconds",
                "3600",
                "OIDCToken",
                FakeSts.OIDC_TOKEN));
  }

  @Test
  void eachRequest_readsTheTokenFile() throws IOException {
    OidcCredentials source = source(file);
    Files.writeString(file, "another");
    assertThat(Reasons.reason(source))
        .isEqualTo("AssumeRoleWithOIDC " + TRN + ": HTTP 401, InvalidOIDCToken, request req-x");

    Files.writeString(file, FakeSts.OIDC_TOKEN);
    Reasons.expect(source, issued(1, END));
  }

  @Test
  void invalidTokenFile_namesTheProblem() throws IOException {
    Path missing = folder.resolve("none");
    assertThat(Reasons.reason(source(missing)))
        .isEqualTo("AssumeRoleWithOIDC " + TRN + ": the token file " + missing + " does not exist");
    Files.writeString(file, " \n");
    assertThat(Reasons.reason(source(file)))
        .isEqualTo("AssumeRoleWithOIDC " + TRN + ": the token file " + file + " is empty");
    assertThat(Reasons.reason(source(folder)))
        .startsWith(
            "AssumeRoleWithOIDC " + TRN + ": the token file " + folder + " cannot be read: ");
    Files.write(file, new byte[SmallFile.MAX_TEXT + 1]);
    assertThat(Reasons.reason(source(file)))
        .endsWith(file + " cannot be read: it has more than 1 MiB; name the right file");
    assertThat(sts.requests()).isEmpty();
  }

  @Test
  void variables_configureEveryOption() {
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN);
    variables.put("VOLCENGINE_OIDC_TOKEN_FILE", file.toString());
    variables.put("VOLCENGINE_OIDC_STS_ENDPOINT", sts.start().toString());

    Reasons.expect(fromEnvironment(), issued(1, END));
    assertThat(form(1)).containsEntry("RoleSessionName", "fleetstop").doesNotContainKey("Policy");

    variables.put("VOLCENGINE_OIDC_ROLE_SESSION_NAME", "pod-7");
    variables.put("VOLCENGINE_OIDC_ROLE_POLICY", "{\"Statement\":[]}");
    Reasons.expect(fromEnvironment(), issued(2, END));
    assertThat(form(2))
        .containsEntry("RoleSessionName", "pod-7")
        .containsEntry("Policy", "{\"Statement\":[]}");
  }

  @Test
  void unsetVariable_failsAtOnce() {
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo("OIDC: neither VOLCENGINE_OIDC_ROLE_TRN nor VOLCENGINE_OIDC_TOKEN_FILE is set");
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN);
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo(
            "OIDC: VOLCENGINE_OIDC_ROLE_TRN is set, but VOLCENGINE_OIDC_TOKEN_FILE is not"
                + "; set it, or unset the other to use another source");
    variables.clear();
    variables.put("VOLCENGINE_OIDC_TOKEN_FILE", file.toString());
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo(
            "OIDC: VOLCENGINE_OIDC_TOKEN_FILE is set, but VOLCENGINE_OIDC_ROLE_TRN is not"
                + "; set it, or unset the other to use another source");
  }

  @Test
  void invalidVariable_isNamed() {
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", "stopper");
    variables.put("VOLCENGINE_OIDC_TOKEN_FILE", file.toString());
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo(
            "OIDC: VOLCENGINE_OIDC_ROLE_TRN: roleTrn must be trn:iam::<account>:role/<name>, was"
                + " \"stopper\"");
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN);
    variables.put("VOLCENGINE_OIDC_STS_ENDPOINT", "http://sts.example");
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo(
            "OIDC: VOLCENGINE_OIDC_STS_ENDPOINT: endpoint must be https://host[:port][/path], or"
                + " http on the loopback interface, was for host sts.example");
    variables.put("VOLCENGINE_OIDC_STS_ENDPOINT", "https://user:pw@sts example");
    assertThat(Reasons.reason(fromEnvironment()))
        .isEqualTo("OIDC: VOLCENGINE_OIDC_STS_ENDPOINT: must be a host or an address");
  }

  private OidcCredentials source(Path tokenFile) {
    return new OidcCredentials(
        tokenFile, AssumeRoleOptions.builder(TRN).transport(sts).build(), CLOCK);
  }

  private OidcEnvironmentCredentials fromEnvironment() {
    CredentialServices services =
        new CredentialServices(
            role -> role.endpoint(URI.create("https://sts.invalid")).timeout(Reasons.PATIENCE),
            EcsRoleOptions.defaults(),
            CredentialServices.official().logins(),
            new ClockSkew(CLOCK));
    return new OidcEnvironmentCredentials(variables::get, services);
  }

  private Map<String, String> form(int number) {
    return FakeSts.parameters(new String(sts.request(number).body(), UTF_8));
  }
}
