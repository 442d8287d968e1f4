package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The two calls of the platform's security token service that give credentials, as the official
 * SDKs make them ({@code StsAssumeRoleProvider} and {@code OidcCredentialProvider}). Pure
 * functions.
 */
final class Sts {

  static final URI ENDPOINT = URI.create("https://sts.volcengineapi.com");
  static final String SERVICE = "sts";

  private static final String VERSION = "2018-01-01";
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,128}");

  private Sts() {}

  /** {@code AssumeRole}, still to be signed. */
  static Request assumeRole(AssumeRoleOptions options) {
    Map<String, String> query = action("AssumeRole");
    query.putAll(role(options));
    return Request.get(address(options.endpoint(), query));
  }

  /** {@code AssumeRoleWithOIDC}, which is not signed: the token proves who is calling. */
  static Request assumeRoleWithOidc(AssumeRoleOptions options, String token) {
    Map<String, String> form = role(options);
    form.put("OIDCToken", token);
    return new Request(
        "POST",
        address(options.endpoint(), action("AssumeRoleWithOIDC")),
        Map.of("Content-Type", "application/x-www-form-urlencoded"),
        encoded(form).getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The credentials in a reply.
   *
   * @throws EcsException if there are none, with the service's code
   */
  static Credentials read(Response reply, AssumeRoleOptions options, Instant now) {
    JsonNode root = Json.parse(reply.body());
    JsonNode error = root.path("ResponseMetadata").path("Error");
    if (reply.status() / 100 != 2 || error.isObject()) {
      throw refusal(reply, root);
    }
    try {
      return Json.credentials(root.path("Result").path("Credentials"), now, options.duration());
    } catch (IllegalArgumentException e) {
      throw CredentialsHttpClient.unusable(
          reply.status(), "the reply holds no credentials: " + e.getMessage());
    }
  }

  private static EcsException refusal(Response reply, JsonNode root) {
    int status = reply.status();
    JsonNode metadata = root.path("ResponseMetadata");
    String code = word(metadata.path("Error"), "Code");
    JsonNode number = metadata.path("Error").path("CodeN");
    String requestId = word(metadata, "RequestId");
    Instant time = reply.time("date");
    return CredentialsHttpClient.refused(
            ErrorCode.classify(code, number.isInt() ? number.intValue() : null, status),
            status,
            "HTTP "
                + status
                + (code == null ? "" : ", " + code)
                + (requestId == null ? "" : ", request " + requestId))
        .mutate()
        .serverTimeMillis(time == null ? null : time.toEpochMilli())
        .build();
  }

  /** Of a reply's texts only single words are shown: its messages may quote keys and tokens. */
  private static @Nullable String word(JsonNode node, String key) {
    String text = Json.text(node, key);
    return WORD.matcher(text).matches() ? text : null;
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

  private static String encoded(Map<String, String> form) {
    return form.entrySet().stream()
        .map(
            field ->
                field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
