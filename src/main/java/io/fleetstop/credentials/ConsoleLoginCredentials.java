package io.fleetstop.credentials;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Mode {@code console-login} of a profile: the access token of the login is a JSON object with the
 * keys. Caches nothing but refreshed logins.
 */
final class ConsoleLoginCredentials implements CredentialsProvider {

  private final LoginSession session;
  private final LoginServices services;
  private final LoginMemory memory;
  private final InstantSource clock;

  ConsoleLoginCredentials(
      Path cache, LoginServices services, LoginMemory memory, InstantSource clock) {
    this.session = new LoginSession(cache, new Service(), memory);
    this.services = services;
    this.memory = memory;
    this.clock = clock;
  }

  @Override
  public Mono<Credentials> resolve() {
    return session.login(this::isUsable).map(this::keys);
  }

  private boolean isUsable(Login login) {
    if (!login.isUsable(clock.instant())) {
      return false;
    }
    try {
      return !memory.isRejected(keys(login.accessToken(), login.expiration()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Credentials keys(Login login) {
    try {
      return keys(login.accessToken(), login.expiration());
    } catch (IllegalArgumentException e) {
      throw session.logInAgain("its access_token holds no keys, " + e.getMessage());
    }
  }

  private static Credentials keys(String accessToken, @Nullable Instant expiration) {
    JsonNode keys = Json.parse(accessToken.getBytes(StandardCharsets.UTF_8));
    return new Credentials(
        Json.exactText(keys, "access_key_id"),
        Json.exactText(keys, "secret_access_key"),
        Json.exactText(keys, "session_token"),
        expiration);
  }

  /** The login of a console session. */
  private final class Service implements LoginSession.Service {

    @Override
    public Login read(JsonNode cache) {
      Instant issuedAt = Json.instant(cache, "issued_at");
      long seconds = Json.lifetimeSeconds(cache, "expires_in");
      String endpoint = Json.text(cache, "endpoint_url");
      if (!endpoint.isEmpty()) {
        LoginServices.address("endpoint_url", endpoint);
      }
      return new Login(
          Json.textOrObject(cache, "access_token"),
          issuedAt == null ? null : issuedAt.plusSeconds(seconds),
          Json.text(cache, "refresh_token"),
          Json.text(cache, "client_id"),
          "",
          null,
          Json.text(cache, "scope"),
          endpoint);
    }

    @Override
    public Mono<Login> refresh(Login login) {
      return login.clientId().isEmpty()
          ? Mono.error(() -> session.logInAgain("client_id is missing"))
          : services.refreshConsole(login, clock.instant());
    }

    @Override
    public String command() {
      return "ve login";
    }
  }
}
