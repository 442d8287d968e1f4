package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Fetches the credentials of the ECS instance's role from the metadata service. Caches nothing,
 * because the role may change while the instance runs.
 *
 * <p>Paths and headers are those of the official SDKs (docs/6396/113780 and {@code
 * com.volcengine.auth.EcsRoleCredentialProvider}): first a token, which the next requests carry,
 * then the role's name unless configured, then its credentials.
 */
final class EcsRoleCredentials implements CredentialsProvider {

  static final URI ENDPOINT = URI.create("http://100.96.0.96");

  private static final String DISABLED = "VOLCENGINE_ECS_METADATA_DISABLED";
  private static final String ROLE_NAME = "VOLCENGINE_ECS_METADATA";
  private static final String TOKEN_PATH = "/latest/api/token";
  private static final String ROLES_PATH = "/volcstack/latest/iam/security_credentials";
  private static final String TTL_HEADER = "X-volc-ecs-metadata-token-ttl-seconds";
  private static final String TOKEN_HEADER = "X-volc-ecs-metadata-token";
  private static final String TTL_SECONDS = "21600";
  private static final int MAX_LISTED = 10;
  private static final Duration ASSUMED_LIFE = Duration.ofHours(1);
  private static final Pattern ROLE = Pattern.compile("(?!\\.+$)[\\w+=,.@-]{1,128}");
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");

  private final Variables variables;
  private final EcsRoleOptions options;
  private final InstantSource clock;
  private final CredentialsHttpClient client;

  EcsRoleCredentials(Variables variables, EcsRoleOptions options, InstantSource clock) {
    this.variables = variables;
    this.options = options;
    this.clock = clock;
    this.client =
        // Without a proxy: the address leads to the machine itself.
        new CredentialsHttpClient(
            options.transport(),
            TransportOptions.defaults(),
            options.timeout(),
            options.maxAttempts());
  }

  static boolean isRoleName(String text) {
    return ROLE.matcher(text).matches();
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.defer(this::fetch).onErrorMap(this::named);
  }

  @Override
  public String describe() {
    String role = configuredRole();
    return "ECS metadata at "
        + options.endpoint()
        + (role.isEmpty() ? ", the only role of the instance" : ", role " + Printable.of(role));
  }

  /** Without a role of its own, a machine that is no ECS instance has no metadata service. */
  private EcsException named(Throwable failure) {
    String reason =
        "ECS metadata at " + options.endpoint() + ": " + CredentialsErrors.reason(failure);
    boolean absent =
        CredentialsErrors.isNotConfigured(failure)
            || (configuredRole().isEmpty() && isUnreachable(failure));
    return absent ? CredentialsErrors.notConfigured(reason) : CredentialsErrors.unavailable(reason);
  }

  private static boolean isUnreachable(Throwable failure) {
    return failure instanceof EcsException error && error.category() == Category.NETWORK;
  }

  private String configuredRole() {
    return options.roleName() != null ? options.roleName() : variables.orEmpty(ROLE_NAME);
  }

  private Mono<Credentials> fetch() {
    if (options.isDisabled()) {
      return Mono.error(CredentialsErrors.notConfigured("disabled by an option"));
    }
    String off = variables.orEmpty(DISABLED);
    if (!off.isEmpty() && !off.equalsIgnoreCase("false") && !off.equalsIgnoreCase("true")) {
      return Mono.error(
          CredentialsErrors.unavailable(
              DISABLED + " must be true or false, was \"" + Printable.of(off) + "\""));
    }
    if (off.equalsIgnoreCase("true")) {
      return Mono.error(CredentialsErrors.notConfigured(DISABLED + " is true"));
    }
    String configuredRole = configuredRole();
    if (!configuredRole.isEmpty() && !isRoleName(configuredRole)) {
      return Mono.error(CredentialsErrors.unavailable(ROLE_NAME + " is not the name of a role"));
    }
    return client
        .fetch(exchange -> credentials(exchange, configuredRole))
        .timeout(options.deadline(), Mono.error(this::deadlineExceeded));
  }

  private Mono<Credentials> credentials(HttpExchange exchange, String configuredRole) {
    return token(exchange)
        .flatMap(
            token ->
                (configuredRole.isEmpty() ? onlyRole(exchange, token) : Mono.just(configuredRole))
                    .flatMap(role -> credentialsOf(exchange, token, role)));
  }

  private Mono<String> token(HttpExchange exchange) {
    Request request =
        new Request("PUT", address(TOKEN_PATH), Map.of(TTL_HEADER, TTL_SECONDS), new byte[0]);
    return client.request(exchange, request, EcsRoleCredentials::readToken);
  }

  private Mono<String> onlyRole(HttpExchange exchange, String token) {
    Request request = get(ROLES_PATH + "?type=user&format=json", token);
    return client.request(
        exchange, request, reply -> readOnlyRole(reply, SecretMask.ofTokens(token)));
  }

  private Mono<Credentials> credentialsOf(HttpExchange exchange, String token, String role) {
    return client.request(
        exchange, get(ROLES_PATH + "/" + role, token), reply -> readCredentials(reply, role));
  }

  private Request get(String path, String token) {
    return Request.get(address(path)).withHeaders(Map.of(TOKEN_HEADER, token));
  }

  private URI address(String path) {
    return URI.create(
        options.endpoint().getScheme() + "://" + options.endpoint().getRawAuthority() + path);
  }

  private static String readToken(Response reply) {
    String token = new String(ok(reply, "the token"), StandardCharsets.UTF_8).strip();
    if (!TOKEN.matcher(token).matches()) {
      throw CredentialsHttpClient.unusable(reply.status(), "the token is not one");
    }
    return token;
  }

  private static String readOnlyRole(Response reply, SecretMask mask) {
    List<String> roles = roles(ok(reply, "the list of roles"));
    if (roles.isEmpty() || !roles.stream().allMatch(role -> isShowableRole(role, mask))) {
      throw CredentialsHttpClient.unusable(
          reply.status(), "the instance has no role, or the list of roles cannot be read");
    }
    if (roles.size() > 1) {
      throw CredentialsHttpClient.unusable(
          reply.status(),
          "the instance has several roles, " + listed(roles) + ": name one by " + ROLE_NAME);
    }
    return roles.get(0);
  }

  /** A list of any length must not make an error of any length. */
  private static String listed(List<String> roles) {
    int more = roles.size() - MAX_LISTED;
    return more <= 0
        ? String.join(", ", roles)
        : String.join(", ", roles.subList(0, MAX_LISTED)) + " and " + more + " more";
  }

  /** Whether the text is a name, and no echo of the token: errors show names of roles. */
  private static boolean isShowableRole(String text, SecretMask mask) {
    return isRoleName(text) && mask.value(text).equals(text);
  }

  /** Reads a JSON array of names, or one name in each line: the official SDKs accept both. */
  private static List<String> roles(byte[] body) {
    JsonNode root = Json.parse(body);
    if (root.isArray()) {
      return root.valueStream()
          .map(role -> role.isString() ? role.stringValue().strip() : "")
          .toList();
    }
    String text = new String(body, StandardCharsets.UTF_8);
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private Credentials readCredentials(Response reply, String role) {
    JsonNode root = Json.parse(ok(reply, "role " + role));
    try {
      return Json.credentials(root, clock.instant(), ASSUMED_LIFE);
    } catch (IllegalArgumentException e) {
      throw CredentialsHttpClient.unusable(reply.status(), "role " + role + ": " + e.getMessage());
    }
  }

  private static byte[] ok(Response reply, String what) {
    if (reply.status() != 200) {
      throw CredentialsHttpClient.rejected(
          ErrorCode.classify(null, null, reply.status()),
          reply.status(),
          what + ": HTTP " + reply.status());
    }
    return reply.body();
  }

  private EcsException deadlineExceeded() {
    String reason = "not completed within " + options.deadline().toMillis() + " ms";
    return configuredRole().isEmpty()
        ? CredentialsErrors.notConfigured(reason)
        : CredentialsErrors.unavailable(reason);
  }
}
