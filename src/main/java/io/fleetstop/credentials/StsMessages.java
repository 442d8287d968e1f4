package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Requests and replies of the two STS actions that issue credentials, as in the official SDKs
 * ({@code StsAssumeRoleProvider} and {@code OidcCredentialProvider}). Pure functions.
 */
final class StsMessages {

  static final URI ENDPOINT = URI.create("https://sts.volcengineapi.com");
  static final String SERVICE = "sts";
  static final String ASSUME_ROLE = "AssumeRole";
  static final String ASSUME_ROLE_WITH_OIDC = "AssumeRoleWithOIDC";

  private static final String CALLER_IDENTITY = "GetCallerIdentity";
  private static final String VERSION = "2018-01-01";
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9._-]{1,128}");

  private static final int MAX_IDENTITY = 256;

  private StsMessages() {}

  /** Returns the {@code AssumeRole} request, unsigned. */
  static Request assumeRole(AssumeRoleOptions options) {
    Map<String, String> query = action(ASSUME_ROLE);
    query.putAll(role(options));
    return Request.get(address(options.endpoint(), query));
  }

  /**
   * Returns the {@code AssumeRoleWithOIDC} request, which needs no signature: the token
   * authenticates it.
   */
  static Request assumeRoleWithOidc(AssumeRoleOptions options, String token) {
    Map<String, String> form = role(options);
    form.put("OIDCToken", token);
    return new Request(
        "POST",
        address(options.endpoint(), action(ASSUME_ROLE_WITH_OIDC)),
        Map.of("Content-Type", "application/x-www-form-urlencoded"),
        encoded(form).getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Returns the credentials in a reply.
   *
   * @param action the action of the request
   * @param mask hides what authenticated the request
   * @throws EcsException if the reply has none, with the service's code, or names another action
   */
  static Credentials read(
      Response reply, String action, AssumeRoleOptions options, SecretMask mask, Instant now) {
    JsonNode root = parse(reply, action);
    JsonNode error = root.path("ResponseMetadata").path("Error");
    if (reply.status() / 100 != 2 || error.isObject()) {
      throw rejection(reply, root, mask);
    }
    try {
      return Json.credentials(root.path("Result").path("Credentials"), now, options.duration());
    } catch (IllegalArgumentException e) {
      throw CredentialsHttpClient.unusable(
          reply.status(), "the reply holds no credentials: " + e.getMessage());
    }
  }

  /** Returns the {@code GetCallerIdentity} request, unsigned. */
  static Request callerIdentity(URI endpoint) {
    return Request.get(address(endpoint, action(CALLER_IDENTITY)));
  }

  /**
   * Returns the identity in a reply, its texts masked.
   *
   * @throws EcsException if the reply has none, with the service's code, or names another action
   */
  static CallerIdentity readIdentity(Response reply, Instant now, SecretMask mask) {
    JsonNode root = parse(reply, CALLER_IDENTITY);
    if (reply.status() / 100 != 2 || root.path("ResponseMetadata").path("Error").isObject()) {
      throw rejection(reply, root, mask);
    }
    JsonNode result = root.path("Result");
    String account = result.path("AccountId").asString("");
    if (account.isEmpty()) {
      throw CredentialsHttpClient.unusable(reply.status(), "the reply holds no AccountId");
    }
    Instant time = reply.time("date");
    return new CallerIdentity(
        shown(account, mask),
        shown(Json.text(result, "IdentityType"), mask),
        shown(result.path("IdentityId").asString(""), mask),
        shown(Json.text(result, "Trn"), mask),
        time == null ? null : Duration.between(now.truncatedTo(ChronoUnit.SECONDS), time));
  }

  /** A long text would push the rest of the question before a run off the screen. */
  private static String shown(String text, SecretMask mask) {
    String masked = mask.value(text);
    return masked.length() <= MAX_IDENTITY ? masked : masked.substring(0, MAX_IDENTITY) + "\u2026";
  }

  /** A reply that names another action is that to another request, also if it is an error. */
  private static JsonNode parse(Response reply, String action) {
    JsonNode root = Json.parse(reply.body());
    String named = Json.text(root.path("ResponseMetadata"), "Action");
    if (!named.isEmpty() && !named.equals(action)) {
      throw CredentialsHttpClient.unusable(
          reply.status(), "the reply is that to another action than " + action);
    }
    return root;
  }

  private static EcsException rejection(Response reply, JsonNode root, SecretMask mask) {
    int status = reply.status();
    JsonNode metadata = root.path("ResponseMetadata");
    ErrorCode code = errorCode(metadata.path("Error"), "Code", status, mask);
    String requestId = identifier(metadata, "RequestId");
    Instant time = reply.time("date");
    return CredentialsHttpClient.rejected(
            code,
            status,
            described(status, code)
                + (requestId == null ? "" : ", request " + mask.identifier(requestId)))
        .mutate()
        .serverTimeMillis(time == null ? null : time.toEpochMilli())
        .build();
  }

  /** Returns the error of a reply, classified by the code in {@code key} as the service sent it. */
  static ErrorCode errorCode(JsonNode error, String key, int status, SecretMask mask) {
    JsonNode number = error.path("CodeN");
    return mask.errorCode(
        identifier(error, key), number.isInt() ? number.intValue() : null, status);
  }

  /** Returns the status and the code of an error; no code stands for a reply without one. */
  static String described(int status, ErrorCode code) {
    return "HTTP " + status + (code.code().equals("HTTP." + status) ? "" : ", " + code.code());
  }

  /**
   * Returns a reply's text only if it is a single identifier: messages, and whatever a proxy puts
   * into an identifier, may contain keys and tokens.
   */
  private static @Nullable String identifier(JsonNode node, String key) {
    String text = Json.text(node, key);
    return IDENTIFIER.matcher(text).matches() ? text : null;
  }

  private static Map<String, String> action(String action) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("Action", action);
    query.put("Version", VERSION);
    return query;
  }

  private static Map<String, String> role(AssumeRoleOptions options) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("RoleTrn", options.roleTrn());
    parameters.put("RoleSessionName", options.sessionName());
    parameters.put("DurationSeconds", Long.toString(options.duration().toSeconds()));
    if (options.policy() != null) {
      parameters.put("Policy", options.policy());
    }
    return parameters;
  }

  private static URI address(URI endpoint, Map<String, String> query) {
    String path = endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath();
    return URI.create(
        endpoint.getScheme()
            + "://"
            + endpoint.getRawAuthority()
            + path
            + "?"
            + CanonicalQuery.of(query));
  }

  /** Returns a form in its encoding. */
  static String encoded(Map<String, String> form) {
    return form.entrySet().stream()
        .map(
            field ->
                field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
