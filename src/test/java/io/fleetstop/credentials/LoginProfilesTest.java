package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.sign.ClockSkew;
import io.fleetstop.simulator.IdentitySimulator;
import io.fleetstop.simulator.IdentitySimulator.IssuedKey;
import io.fleetstop.simulator.IdentitySimulator.Service;
import io.fleetstop.transport.TlsOptions;
import io.fleetstop.transport.TransportOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles whose keys come from a login of the official tool. The services use TLS. */
class LoginProfilesTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final String START_URL = "https://acme.example.com/start";

  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);
  private final Map<String, String> variables = new HashMap<>();

  @TempDir private Path home;

  private IdentitySimulator identities;
  private TransportOptions transport;
  private CliFileCredentials source;
  private Path cache;

  @BeforeEach
  void start() throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=fleetstop test")
            .addSanIpAddress("127.0.0.1")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path chain = certificate.toTempCertChainPem().toPath();
    identities =
        IdentitySimulator.builder()
            .clock(time::get)
            .accessToken("access-token-0")
            .refreshToken("refresh-token-0")
            .tls(chain, certificate.toTempPrivateKeyPem().toPath())
            .startNow();
    transport =
        TransportOptions.builder().tls(TlsOptions.builder().trustOnly(chain).build()).build();
    Files.createDirectories(home.resolve(".volcengine"));
    cache = home;
    source = source(null);
  }

  @AfterEach
  void stop() {
    identities.dispose();
  }

  @Test
  void sso_getsTheKeysOfTheRole() throws IOException {
    sso("", NOW.plus(Duration.ofMinutes(10)), "refresh-token-0");

    expectIssued(1);
    assertThat(identities.calls()).containsExactly(Service.PORTAL);
    assertThat(source.describe())
        .isEqualTo("profile \"work\" of " + home + "/.volcengine/config.json, mode sso");
  }

  @Test
  void ssoKeysInTheProfile_areUsedUntilAMinuteBeforeTheirEnd() throws IOException {
    Instant end = NOW.plus(Duration.ofMinutes(2));
    sso(
        "\"access-key\": \"AK\", \"secret-key\": \"SK\", \"session-token\": \"T\","
            + " \"sts-expiration\": "
            + end.toEpochMilli()
            + ", ",
        NOW.plus(Duration.ofHours(2)),
        "refresh-token-0");

    Reasons.expect(source, new Credentials("AK", "SK", "T", end));
    assertThat(identities.calls()).isEmpty();

    time.set(NOW.plus(Duration.ofSeconds(61)));
    expectIssued(1);
  }

  @Test
  void ssoKeysInTheProfileThatAreRejected_areReplaced() throws IOException {
    Instant end = NOW.plus(Duration.ofMinutes(20));
    sso(
        "\"access-key\": \"AK\", \"secret-key\": \"SK\", \"session-token\": \"T\","
            + " \"sts-expiration\": "
            + end.getEpochSecond()
            + ", ",
        NOW.plus(Duration.ofHours(2)),
        "refresh-token-0");
    Credentials stored = new Credentials("AK", "SK", "T", end);

    Reasons.expect(source, stored);
    source.invalidate(stored);

    expectIssued(1);
  }

  @Test
  void expiredSsoLogin_isRefreshedInMemory() throws IOException {
    sso("", NOW.minusSeconds(1), "refresh-token-0");
    String before = Files.readString(cache);

    expectIssued(1);
    assertThat(identities.calls()).containsExactly(Service.OAUTH, Service.PORTAL);

    // The refreshed login serves until it expires, then its own refresh token.
    expectIssued(2);
    time.set(END);
    expectIssued(3);
    assertThat(identities.calls())
        .containsExactly(
            Service.OAUTH, Service.PORTAL, Service.PORTAL, Service.OAUTH, Service.PORTAL);
    assertThat(Files.readString(cache)).isEqualTo(before);
  }

  @Test
  void newLogin_replacesTheRefreshedOne() throws IOException {
    sso("", NOW.minusSeconds(1), "refresh-token-0");
    expectIssued(1);

    ssoCache("access-token-1", NOW.plus(Duration.ofHours(1)), "refresh-token-of-login");
    expectIssued(2);
    assertThat(identities.calls()).containsExactly(Service.OAUTH, Service.PORTAL, Service.PORTAL);
  }

  @Test
  void refusedSsoRefresh_readsTheCacheOnceMore() throws IOException {
    sso("", NOW.minusSeconds(1), "refresh-token-0");
    expectIssued(1);

    // Another process has used the refresh token that this one holds, and the tool logged in.
    time.set(END);
    identities.rotate("refresh-token-9");
    ssoCache("", NOW.minusSeconds(1), "refresh-token-9");
    expectIssued(2);
  }

  @Test
  void refusedSsoRefresh_namesTheCommand() throws IOException {
    sso("", NOW.minusSeconds(1), "refresh-token-8");

    assertThat(Reasons.reason(source))
        .isEqualTo(
            source()
                + cache
                + ": the service no longer accepts the login; log in again with: ve sso login");
    assertThat(identities.calls()).containsExactly(Service.OAUTH);
  }

  @Test
  void tokenThatThePortalRejects_isRefreshedOnce() throws IOException {
    sso("", END, "refresh-token-0");
    identities.failNext(Service.PORTAL, 401, "InvalidAccessToken");

    expectIssued(1);
    assertThat(identities.calls()).containsExactly(Service.PORTAL, Service.OAUTH, Service.PORTAL);
  }

  @Test
  void brokenSsoLogin_namesWhatIsMissing() throws IOException {
    sso("", END, "");
    Files.delete(cache);
    assertThat(Reasons.reason(source))
        .isEqualTo(
            source()
                + "there is no login, "
                + cache
                + " does not exist; log in with: ve sso login");

    ssoCache("access-token-0", NOW, "");
    assertThat(Reasons.reason(source))
        .contains("the login has expired and cannot be refreshed; log in again with: ve sso login");

    Files.writeString(
        cache,
        "{\"access_token\": \"\", \"refresh_token\": \"refresh-token-0\", \"client_id\": \"c\","
            + " \"client_secret\": \"client-secret\", \"client_secret_expires_at\": "
            + NOW.toEpochMilli()
            + "}");
    assertThat(Reasons.reason(source)).contains("its client_secret has expired; log in again");
    assertThat(identities.calls()).isEmpty();
  }

  @Test
  void ssoRegion_mustNotBeAnotherHost() throws IOException {
    config(
        "\"mode\": \"sso\", \"sso-session-name\": \"s\", \"account-id\": \"1\", \"role-name\":"
            + " \"r\"",
        "evil.example/");

    assertThat(Reasons.reason(source))
        .contains("the region of sso-session \"s\" must be lower-case letters, digits and '-'");
  }

  @Test
  void cacheName_isTheHashOfGoJson() {
    assertThat(
            SsoCredentials.cacheName("https://acme.example.com/start?a=1&b=<c>", "w\u00f6rk \"1\""))
        .isEqualTo("83571a2f952913da32d1b79e6ccc6af8b5444a30.json");
  }

  @Test
  void consoleLogin_usesTheKeysInTheCache() throws IOException {
    console("{\"access_key_id\": \"AK\", \"secret_access_key\": \"SK\", \"session_token\": \"T\"}");
    Reasons.expect(source, new Credentials("AK", "SK", "T", END));

    console(
        "\"{\\\"access_key_id\\\": \\\"A2\\\", \\\"secret_access_key\\\": \\\"S2\\\","
            + " \\\"session_token\\\": \\\"T2\\\"}\"");
    Reasons.expect(source, new Credentials("A2", "S2", "T2", END));
    assertThat(identities.calls()).isEmpty();
  }

  @Test
  void expiredConsoleLogin_isRefreshedInMemory() throws IOException {
    console("{\"access_key_id\": \"AK\", \"secret_access_key\": \"SK\", \"session_token\": \"T\"}");
    String before = Files.readString(cache);

    time.set(END.minusSeconds(59));
    expectIssued(1);
    expectIssued(1);
    time.set(now().plus(Duration.ofHours(1)));
    expectIssued(2);
    assertThat(identities.calls()).containsExactly(Service.SIGNIN, Service.SIGNIN);
    assertThat(Files.readString(cache)).isEqualTo(before);
  }

  @Test
  void rejectedConsoleKeys_areRefreshed() throws IOException {
    console("{\"access_key_id\": \"AK\", \"secret_access_key\": \"SK\", \"session_token\": \"T\"}");
    Credentials cached = new Credentials("AK", "SK", "T", END);

    Reasons.expect(source, cached);
    source.invalidate(cached);

    expectIssued(1);
  }

  @Test
  void refusedConsoleRefresh_namesTheCommand() throws IOException {
    identities.rotate("refresh-token-9");
    console("{}");

    assertThat(Reasons.reason(source))
        .isEqualTo(
            source()
                + cache
                + ": the service no longer accepts the login; log in again with: ve login");
  }

  @Test
  void loginCacheVariable_isTheDirectoryItself() throws IOException {
    Path other = Files.createDirectory(home.resolve("logins"));
    variables.put("VOLCENGINE_LOGIN_CACHE_DIRECTORY", other.toString());
    console("{\"access_key_id\": \"AK\", \"secret_access_key\": \"SK\", \"session_token\": \"T\"}");
    Files.move(cache, other.resolve(cache.getFileName()));

    Reasons.expect(source, new Credentials("AK", "SK", "T", END));
  }

  @Test
  void endpointOfTheCache_isUsedIfItIsSecure() throws IOException {
    Credentials first = issued(1, END);
    console("{}", identities.endpoint().toString(), null);
    Reasons.expect(source, first);

    console("{}", "http://signin.example.com", null);
    assertThat(Reasons.reason(source))
        .contains("endpoint_url must be https://host[:port][/path]")
        .doesNotContain("refresh-token");
    assertThat(identities.calls()).containsExactly(Service.SIGNIN);
  }

  @Test
  void unknownAuthority_endsTheSource() throws IOException {
    transport = TransportOptions.defaults();
    console("{}");

    assertThat(Reasons.reason(source)).contains("profile \"work\"", "certificate is not trusted");
  }

  @Test
  void serverError_isNotAReasonToLogInAgain() throws IOException {
    sso("", NOW.minusSeconds(1), "refresh-token-0");
    identities.failNext(Service.OAUTH, 401, "invalid_client");

    assertThat(Reasons.reason(source)).isEqualTo(source() + "oauth: HTTP 401, invalid_client");
  }

  @Test
  void addresses_mustKeepSecrets() {
    CredentialsOptions.Builder options = CredentialsOptions.builder();

    assertThatThrownBy(() -> options.portalEndpoint("http://portal.{region}.example.com"))
        .hasMessageStartingWith("portalEndpoint must be https://host[:port][/path]");
    assertThatThrownBy(() -> options.oauthEndpoint("nothing at all"))
        .hasMessageStartingWith("oauthEndpoint must be https://host[:port][/path]");
  }

  private void sso(String stored, Instant tokenEnd, String refreshToken) throws IOException {
    config(
        stored
            + "\"mode\": \"SSO\", \"sso-session-name\": \"s\", \"account-id\": \"2100000001\","
            + " \"role-name\": \"stopper\"",
        "cn-shanghai");
    cache = home.resolve(".volcengine/sso/cache").resolve(SsoCredentials.cacheName(START_URL, "s"));
    Files.createDirectories(cache.getParent());
    ssoCache("access-token-0", tokenEnd, refreshToken);
  }

  private void ssoCache(String token, Instant end, String refreshToken) throws IOException {
    Files.writeString(
        cache,
        """
        {"start_url": "%s", "session_name": "s", "access_token": "%s", "expires_at": "%s",
         "client_id": "client", "client_secret": "client-secret", "refresh_token": "%s"}
        """
            .formatted(START_URL, token, end, refreshToken));
  }

  private void console(String accessToken) throws IOException {
    console(accessToken, "", identities.endpoint().toString());
  }

  private void console(String accessToken, String endpoint, @Nullable String signin)
      throws IOException {
    config("\"mode\": \"console-login\", \"login-session\": \"a session\"", "");
    cache = home.resolve(".volcengine/login/cache").resolve(LoginSession.fileName("a session"));
    Files.createDirectories(cache.getParent());
    Files.writeString(
        cache,
        """
        {"login_session": "a session", "access_token": %s, "refresh_token": "refresh-token-0",
         "client_id": "trn:signin:::devtools/same-device", "endpoint_url": "%s",
         "issued_at": "%s", "expires_in": 3600, "scope": "openid"}
        """
            .formatted(accessToken, endpoint, NOW));
    source = source(signin);
  }

  private void config(String profile, String region) throws IOException {
    Files.writeString(
        home.resolve(".volcengine/config.json"),
        """
        {"current": "work", "profiles": {"work": {%s}},
         "sso-session": {"s": {"start-url": "%s", "region": "%s"}}}
        """
            .formatted(profile, START_URL, region));
    source = source(null);
  }

  private CliFileCredentials source(@Nullable String signin) {
    String address = identities.endpoint().toString();
    return new CliFileCredentials(
        variables::get,
        home,
        null,
        new CredentialServices(
            role -> role,
            EcsRoleOptions.defaults(),
            LoginServices.of(
                Objects.requireNonNull(transport),
                signin == null ? null : LoginServices.address("signin", signin),
                address,
                address),
            new ClockSkew(time::get)));
  }

  private String source() {
    return "profile \"work\" of " + home + "/.volcengine/config.json: ";
  }

  private Instant now() {
    return Objects.requireNonNull(time.get());
  }

  private void expectIssued(int number) {
    Reasons.expect(source, issued(number, now().plus(Duration.ofHours(1))));
  }

  private static Credentials issued(int number, Instant end) {
    IssuedKey key = IdentitySimulator.issued(number);
    return new Credentials(key.accessKeyId(), key.secretAccessKey(), key.sessionToken(), end);
  }
}
