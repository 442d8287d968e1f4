package io.fleetstop.simulator;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.IdentitySimulator.IssuedKey;
import io.fleetstop.simulator.IdentitySimulator.Service;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Handles the requests of an {@link IdentitySimulator}. It knows no sockets. */
final class IdentityServices {

  /**
   * A reply.
   *
   * @param status the HTTP status
   * @param body the JSON body
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Reply(int status, byte[] body) {}

  private record Rejection(int status, String code) {}

  private static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(15);

  /** A server may run for months. */
  static final int MAX_CALLS = 10_000;

  private static final int MAX_SECONDS = 43_200;

  private final JsonMapper json = JsonMapper.builder().build();
  private final SignatureVerifier verifier;
  private final InstantSource clock;
  private final Duration lifetime;
  private final String oidcToken;
  private final Deque<Service> calls = new ArrayDeque<>();
  private long handled;
  private final Map<Service, Deque<Rejection>> rejections = new EnumMap<>(Service.class);
  private String accessToken;
  private String refreshToken;
  private int issued;
  private int refreshed;

  IdentityServices(IdentitySimulator.Builder options) {
    this.verifier = new SignatureVerifier(options.keys, options.clock, MAX_CLOCK_SKEW);
    this.clock = options.clock;
    this.lifetime = options.lifetime;
    this.oidcToken = options.oidcToken;
    this.accessToken = options.accessToken;
    this.refreshToken = options.refreshToken;
  }

  Instant now() {
    return clock.instant();
  }

  synchronized List<Service> calls() {
    return List.copyOf(calls);
  }

  synchronized String refreshToken() {
    return refreshToken;
  }

  synchronized void rotate(String next) {
    refreshToken = next;
  }

  synchronized void failNext(Service service, int status, String code) {
    rejections.computeIfAbsent(service, any -> new ArrayDeque<>()).add(new Rejection(status, code));
  }

  synchronized Reply handle(SignedRequest request) {
    String path = RequestQuery.canonicalPath(request.target());
    Service service =
        switch (path) {
          case "/" -> Service.STS;
          case "/authorize/oauth/token" -> Service.SIGNIN;
          case "/federation/credentials" -> Service.PORTAL;
          case "/token" -> Service.OAUTH;
          default -> null;
        };
    if (service == null) {
      return oauthError(404, "not_found");
    }
    handled++;
    if (calls.size() == MAX_CALLS) {
      calls.remove();
    }
    calls.add(service);
    Deque<Rejection> scripted = rejections.get(service);
    Rejection next = scripted == null ? null : scripted.poll();
    if (next != null) {
      return service == Service.SIGNIN || service == Service.OAUTH
          ? oauthError(next.status, next.code)
          : error(next.status, next.code);
    }
    return switch (service) {
      case STS -> sts(request);
      case SIGNIN -> signin(request);
      case PORTAL -> portal(request);
      case OAUTH -> oauth(request);
    };
  }

  private Reply sts(SignedRequest request) {
    RequestQuery query = request.query();
    if (!SimulatedIdentity.VERSION.equals(query.get("Version"))) {
      return error(404, "InvalidActionOrVersion");
    }
    return switch (String.valueOf(query.get("Action"))) {
      case SimulatedIdentity.ACTION -> callerIdentity(request);
      case "AssumeRole" -> assumeRole(request);
      case "AssumeRoleWithOIDC" -> assumeRoleWithOidc(request);
      default -> error(404, "InvalidActionOrVersion");
    };
  }

  private Reply callerIdentity(SignedRequest request) {
    try {
      return result(SimulatedIdentity.of(signer(request), SimulatedIdentity.ACCOUNT));
    } catch (ApiError e) {
      return error(e.httpStatus(), e.code().code());
    }
  }

  private Reply assumeRole(SignedRequest request) {
    try {
      SignatureParameters unused = signer(request);
      return issue(request.query(), "ExpiredTime");
    } catch (ApiError e) {
      return error(e.httpStatus(), e.code().code());
    }
  }

  private SignatureParameters signer(SignedRequest request) {
    SignatureParameters caller = verifier.verify(request);
    if (!caller.service().equals(SimulatedIdentity.SERVICE)) {
      throw ApiError.of(GatewayErrors.SERVICE_NOT_FOUND, caller.service());
    }
    return caller;
  }

  private Reply assumeRoleWithOidc(SignedRequest request) {
    RequestQuery form = form(request);
    boolean accepted = !oidcToken.isEmpty() && oidcToken.equals(form.get("OIDCToken"));
    return accepted ? issue(form, "Expiration") : error(401, "InvalidOIDCToken");
  }

  private Reply issue(RequestQuery role, String endName) {
    String trn = role.nonEmpty("RoleTrn");
    if (trn == null || role.nonEmpty("RoleSessionName") == null) {
      return error(404, "RoleNotExist");
    }
    IssuedKey key = IdentitySimulator.issued(++issued);
    ObjectNode result = json.createObjectNode();
    result
        .putObject("Credentials")
        .put("CurrentTime", now().toString())
        .put("AccessKeyId", key.accessKeyId())
        .put("SecretAccessKey", key.secretAccessKey())
        .put("SessionToken", key.sessionToken())
        .put(endName, now().plusSeconds(seconds(role.get("DurationSeconds"))).toString());
    return result(result);
  }

  private long seconds(@Nullable String text) {
    return text != null && text.matches("\\d{1,5}")
        ? Math.min(Integer.parseInt(text), MAX_SECONDS)
        : lifetime.toSeconds();
  }

  private Reply signin(SignedRequest request) {
    RequestQuery form = form(request);
    if (!isRefresh(form.get("grant_type"), form.get("client_id"), form.get("refresh_token"))) {
      return oauthError(400, "invalid_grant");
    }
    IssuedKey key = IdentitySimulator.issued(++issued);
    ObjectNode keys =
        json.createObjectNode()
            .put("access_key_id", key.accessKeyId())
            .put("secret_access_key", key.secretAccessKey())
            .put("session_token", key.sessionToken());
    return tokens(keys.toString());
  }

  private Reply oauth(SignedRequest request) {
    JsonNode fields;
    try {
      fields = json.readTree(request.body());
    } catch (JacksonException e) {
      return oauthError(400, "invalid_request");
    }
    if (fields.path("client_secret").asString("").isEmpty()) {
      return oauthError(401, "invalid_client");
    }
    if (!isRefresh(
        fields.path("grant_type").asString(""),
        fields.path("client_id").asString(""),
        fields.path("refresh_token").asString(""))) {
      return oauthError(400, "invalid_grant");
    }
    accessToken = "access-token-" + (refreshed + 1);
    return tokens(accessToken);
  }

  private boolean isRefresh(
      @Nullable String grant, @Nullable String client, @Nullable String token) {
    return "refresh_token".equals(grant)
        && client != null
        && !client.isEmpty()
        && !refreshToken.isEmpty()
        && refreshToken.equals(token);
  }

  private Reply tokens(String token) {
    refreshToken = "refresh-token-" + ++refreshed;
    return reply(
        200,
        json.createObjectNode()
            .put("access_token", token)
            .put("token_type", "Bearer")
            .put("expires_in", lifetime.toSeconds())
            .put("refresh_token", refreshToken));
  }

  private Reply portal(SignedRequest request) {
    String token = request.canonicalHeader("x-bd-cloudidentity-bearer-token");
    if (accessToken.isEmpty() || !accessToken.equals(token)) {
      return error(401, "InvalidAccessToken");
    }
    if (request.query().nonEmpty("account_id") == null
        || request.query().nonEmpty("role_name") == null) {
      return error(400, "InvalidParameter");
    }
    IssuedKey key = IdentitySimulator.issued(++issued);
    ObjectNode result = json.createObjectNode();
    result
        .putObject("RoleCredentials")
        .put("AccessKeyId", key.accessKeyId())
        .put("SecretAccessKey", key.secretAccessKey())
        .put("sessionToken", key.sessionToken())
        .put("Expiration", now().plus(lifetime).toEpochMilli());
    return result(result);
  }

  private static RequestQuery form(SignedRequest request) {
    return RequestQuery.ofTarget("?" + new String(request.body(), StandardCharsets.US_ASCII));
  }

  private Reply result(ObjectNode result) {
    ObjectNode reply = json.createObjectNode();
    reply.putObject("ResponseMetadata").put("RequestId", "simulated-" + handled);
    reply.set("Result", result);
    return reply(200, reply);
  }

  private Reply error(int status, String code) {
    ObjectNode reply = json.createObjectNode();
    reply
        .putObject("ResponseMetadata")
        .put("RequestId", "simulated-" + handled)
        .putObject("Error")
        .put("Code", code)
        .put("Message", code);
    return reply(status, reply);
  }

  private Reply oauthError(int status, String code) {
    return reply(status, json.createObjectNode().put("error", code));
  }

  private Reply reply(int status, ObjectNode body) {
    return new Reply(status, json.writeValueAsBytes(body));
  }
}
