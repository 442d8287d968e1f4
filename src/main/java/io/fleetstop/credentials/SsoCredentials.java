package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Mode {@code sso} of a profile: the keys that the official tool has stored in it while they are
 * valid, else those that the portal issues to the login of the profile's session. Caches nothing
 * but refreshed logins.
 */
final class SsoCredentials implements CredentialsProvider {

  private static final int UNAUTHORIZED = 401;

  /**
   * What a profile and its session contain.
   *
   * @param stored the keys in the profile, or {@code null} if there are none
   * @param accountId the account of the role
   * @param roleName the role
   * @param region the region of portal and OAuth service
   */
  record Settings(@Nullable Credentials stored, String accountId, String roleName, String region) {

    @Override
    public String toString() {
      return "Settings[role " + roleName + " of account " + accountId + "]";
    }
  }

  private final Settings settings;
  private final LoginSession session;
  private final LoginServices services;
  private final LoginMemory memory;
  private final InstantSource clock;

  SsoCredentials(
      Settings settings,
      Path cache,
      LoginServices services,
      LoginMemory memory,
      InstantSource clock) {
    this.settings = settings;
    this.session = new LoginSession(cache, new Service(), memory);
    this.services = services;
    this.memory = memory;
    this.clock = clock;
  }

  /** Returns the name of the cache file of a session's login, as the official tool forms it. */
  static String cacheName(String startUrl, String sessionName) {
    return LoginSession.fileName(
        "{\"start_url\":" + goJson(startUrl) + ",\"session_name\":" + goJson(sessionName) + "}");
  }

  /** Returns a JSON text as Go writes it, which escapes some more characters than it must. */
  private static String goJson(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> json.append('\\').append(c);
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          boolean escaped = c < ' ' || "<>&\u2028\u2029".indexOf(c) >= 0;
          json.append(escaped ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
      }
    }
    return json.append('"').toString();
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.defer(
        () -> {
          Credentials stored = settings.stored;
          return stored != null && isValid(stored) ? Mono.just(stored) : issued();
        });
  }

  private boolean isValid(Credentials stored) {
    return stored.expiration() != null
        && clock.instant().isBefore(stored.expiration().minus(Login.MARGIN))
        && !memory.isRejected(stored);
  }

  private Mono<Credentials> issued() {
    return session
        .login(login -> login.isUsable(clock.instant()))
        .flatMap(
            login ->
                issued(login)
                    .onErrorResume(
                        SsoCredentials::isUnauthorized, refusal -> issuedAfterRefresh(login)));
  }

  /** The token expired early, or this clock is late. */
  private Mono<Credentials> issuedAfterRefresh(Login refused) {
    return session
        .login(newest -> !newest.accessToken().equals(refused.accessToken()))
        .flatMap(
            login ->
                issued(login)
                    .onErrorMap(
                        SsoCredentials::isUnauthorized,
                        refusal -> session.logInAgain("the portal does not accept the login")));
  }

  private Mono<Credentials> issued(Login login) {
    return services.roleCredentials(
        settings.region, settings.accountId, settings.roleName, login, clock.instant());
  }

  private static boolean isUnauthorized(Throwable failure) {
    return failure instanceof EcsException error
        && Integer.valueOf(UNAUTHORIZED).equals(error.httpStatus());
  }

  /** The login of a session. */
  private final class Service implements LoginSession.Service {

    @Override
    public Login read(JsonNode cache) {
      String token = Json.text(cache, "access_token");
      String problem = Credentials.problem(token);
      if (problem != null) {
        throw new IllegalArgumentException("access_token " + problem);
      }
      return new Login(
          token,
          Json.instant(cache, "expires_at"),
          Json.text(cache, "refresh_token"),
          Json.text(cache, "client_id"),
          Json.text(cache, "client_secret"),
          Json.instant(cache, "client_secret_expires_at"),
          "",
          "");
    }

    @Override
    public Mono<Login> refresh(Login login) {
      if (login.clientId().isEmpty() || login.clientSecret().isEmpty()) {
        return Mono.error(() -> session.logInAgain("client_id or client_secret is missing"));
      }
      if (login.clientExpiration() != null && !clock.instant().isBefore(login.clientExpiration())) {
        return Mono.error(() -> session.logInAgain("its client_secret has expired"));
      }
      return services.refreshSso(settings.region, login, clock.instant());
    }

    @Override
    public String command() {
      return "ve sso login";
    }
  }
}
