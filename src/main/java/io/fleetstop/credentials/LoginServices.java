package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * The services behind the logins of the official tool: sign-in for {@code console-login}, portal
 * and OAuth for {@code sso}. Requests and replies are those of the official SDKs ({@code
 * volcengine-go-sdk}, package {@code clicreds}).
 *
 * @param client sends the requests
 * @param signin the address of the sign-in service, or {@code null} for that of the login
 * @param portal the address of the portal, with a placeholder for the region
 * @param oauth the address of the OAuth service, with a placeholder for the region
 */
record LoginServices(
    CredentialsHttpClient client, @Nullable URI signin, String portal, String oauth) {

  static final String PORTAL = "https://cloudidentity-portal.{region}.volces.com";
  static final String OAUTH = "https://cloudidentity-oauth.{region}.volces.com";

  private static final URI SIGNIN = URI.create("https://signin.volcengine.com");
  private static final String REGION = "{region}";
  private static final String TOKEN_HEADER = "x-bd-cloudidentity-bearer-token";
  private static final Duration TIMEOUT = Duration.ofSeconds(8);
  private static final int MAX_ATTEMPTS = 3;
  // It becomes a part of a host name that receives tokens.
  private static final Pattern REGION_NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

  /** Returns the services at these addresses. */
  static LoginServices of(
      TransportOptions transport, @Nullable URI signin, String portal, String oauth) {
    return new LoginServices(
        new CredentialsHttpClient(null, transport, TIMEOUT, MAX_ATTEMPTS), signin, portal, oauth);
  }

  /**
   * Returns the address, which must be one for every region.
   *
   * @throws IllegalArgumentException if it is none that may receive secrets
   */
  static String requireTemplate(String field, String template) {
    SecureAddress.require(field, address(field, template.replace(REGION, "cn-beijing")));
    return template;
  }

  static URI address(String field, String text) {
    try {
      return SecureAddress.require(field, URI.create(text));
    } catch (IllegalArgumentException e) {
      // The message of a malformed address quotes all of it, which may include a password.
      throw new IllegalArgumentException(
          field + " must be https://host[:port][/path], or http on the loopback interface");
    }
  }

  static boolean isRegion(String text) {
    return REGION_NAME.matcher(text).matches();
  }

  /** Emits the credentials of a role in an account. */
  Mono<Credentials> roleCredentials(
      String region, String accountId, String roleName, Login login, Instant now) {
    String address =
        SecureAddress.prefix(regional("portal", portal, region))
            + "/federation/credentials?"
            + CanonicalQuery.of(Map.of("account_id", accountId, "role_name", roleName));
    Request request =
        Request.get(URI.create(address))
            .withHeaders(Map.of("Accept", "application/json", TOKEN_HEADER, login.accessToken()));
    return client.fetch(
        exchange ->
            client.request(
                exchange, request, reply -> readRoleCredentials(reply, maskOf(login), now)));
  }

  private static Credentials readRoleCredentials(Response reply, SecretMask mask, Instant now) {
    JsonNode root = Json.parse(reply.body());
    JsonNode error = root.path("ResponseMetadata").path("Error");
    if (reply.status() / 100 != 2 || error.isObject()) {
      throw rejected("portal", error, "Code", mask, reply.status());
    }
    try {
      return Json.credentials(
          root.path("Result").path("RoleCredentials"), now, Duration.ofHours(1));
    } catch (IllegalArgumentException e) {
      throw CredentialsHttpClient.unusable(
          reply.status(), "portal: the reply holds no credentials: " + e.getMessage());
    }
  }

  /** Refreshes a login of mode {@code sso}. */
  Mono<Login> refreshSso(String region, Login login, Instant now) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("grant_type", "refresh_token");
    fields.put("client_id", login.clientId());
    fields.put("client_secret", login.clientSecret());
    fields.put("refresh_token", login.refreshToken());
    URI address = URI.create(SecureAddress.prefix(regional("oauth", oauth, region)) + "/token");
    return refresh(
            "oauth",
            post(address, "application/json", Json.MAPPER.writeValueAsBytes(fields)),
            login,
            now)
        .doOnNext(LoginServices::requireSendable);
  }

  /** The token becomes a header. */
  private static void requireSendable(Login login) {
    String problem = Credentials.problem(login.accessToken());
    if (problem != null) {
      throw CredentialsHttpClient.unusable(200, "oauth: access_token " + problem);
    }
  }

  /** Refreshes a login of mode {@code console-login}. */
  Mono<Login> refreshConsole(Login login, Instant now) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "refresh_token");
    form.put("client_id", login.clientId());
    form.put("refresh_token", login.refreshToken());
    if (!login.scope().isEmpty()) {
      form.put("scope", login.scope());
    }
    URI endpoint =
        signin != null
            ? signin
            : login.endpoint().isEmpty() ? SIGNIN : address("endpoint_url", login.endpoint());
    Request request =
        post(
            URI.create(SecureAddress.prefix(endpoint) + "/authorize/oauth/token"),
            "application/x-www-form-urlencoded",
            StsMessages.encoded(form).getBytes(StandardCharsets.US_ASCII));
    return refresh("signin", request, login, now);
  }

  private Mono<Login> refresh(String service, Request request, Login login, Instant now) {
    return client.fetch(
        exchange ->
            client.request(exchange, request, reply -> readTokens(service, reply, login, now)));
  }

  private static Login readTokens(String service, Response reply, Login login, Instant now) {
    JsonNode root = Json.parse(reply.body());
    if (reply.status() / 100 != 2) {
      throw rejected(service, root, "error", maskOf(login), reply.status());
    }
    String accessToken = Json.textOrObject(root, "access_token");
    long seconds = Json.lifetimeSeconds(root, "expires_in");
    if (accessToken.isEmpty() || seconds <= 0) {
      throw CredentialsHttpClient.unusable(
          reply.status(), service + ": the reply has no access_token or no expires_in");
    }
    return login.refreshed(accessToken, now.plusSeconds(seconds), Json.text(root, "refresh_token"));
  }

  private static SecretMask maskOf(Login login) {
    return SecretMask.ofTokens(
        Set.of(LoginSession.INVALID_GRANT),
        login.accessToken(),
        login.refreshToken(),
        login.clientSecret());
  }

  private static EcsException rejected(
      String service, JsonNode error, String key, SecretMask mask, int status) {
    ErrorCode code = StsMessages.errorCode(error, key, status, mask);
    return CredentialsHttpClient.rejected(
        code, status, service + ": " + StsMessages.described(status, code));
  }

  private static Request post(URI address, String type, byte[] body) {
    return new Request("POST", address, Map.of("Content-Type", type), body);
  }

  private static URI regional(String field, String template, String region) {
    return address(field, template.replace(REGION, region));
  }
}
