package io.fleetstop.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.ZoneOffset.UTC;

import io.fleetstop.simulator.SignatureCheck;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * STS as the official SDKs use it: {@code AssumeRole} requires a signed {@code GET}, {@code
 * AssumeRoleWithOIDC} an unsigned form; their replies name the expiration differently.
 */
final class FakeSts extends FakeService {

  static final String TRN = "trn:iam::2100000001:role/stopper";
  static final Credentials ASKER = Credentials.of("AKLTasker", "asker-secret");
  static final String OIDC_TOKEN = "oidc.token+with/signs=";

  private final InstantSource clock;
  private SignatureCheck check;
  private boolean namesTheEnd = true;
  private boolean namesTheTime = true;
  private int issued;

  FakeSts(InstantSource clock) {
    this.clock = clock;
    this.check = check(ASKER);
  }

  /** Accepts only this key from now on. */
  void letIn(Credentials asker) {
    check = check(asker);
  }

  void keepTheEndToItself() {
    namesTheEnd = false;
  }

  private SignatureCheck check(Credentials asker) {
    return SignatureCheck.of(
        asker.accessKeyId(),
        asker.secretAccessKey(),
        asker.sessionToken(),
        "cn-beijing/sts",
        clock);
  }

  /** The n-th credentials that are given, counted from one. */
  static Credentials issued(int number, @Nullable Instant end) {
    return new Credentials("AKTProle" + number, "role-secret-" + number, "token-" + number, end);
  }

  /** Omits the Date header from now on. */
  void keepTheTimeToItself() {
    namesTheTime = false;
  }

  @Override
  synchronized Response answer(Request request) {
    Response reply = undated(request);
    return namesTheTime ? dated(reply) : reply;
  }

  /** The same with the header that says what time it is for the service. */
  Response dated(Response reply) {
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.instant().atOffset(UTC));
    return new Response(reply.status(), Map.of("date", List.of(date)), reply.body());
  }

  private Response undated(Request request) {
    Map<String, String> query = parameters(request.uri().getRawQuery());
    if (!"2018-01-01".equals(query.get("Version"))) {
      return refusal(404, "InvalidActionOrVersion");
    }
    return switch (String.valueOf(query.get("Action"))) {
      case "AssumeRole" -> assumeRole(request, query);
      case "AssumeRoleWithOIDC" -> assumeRoleWithOidc(request);
      default -> refusal(404, "InvalidActionOrVersion");
    };
  }

  private Response assumeRole(Request request, Map<String, String> query) {
    String target = request.uri().getRawPath() + "?" + request.uri().getRawQuery();
    String refusal = check.refusal(request.method(), target, request.headers(), request.body());
    if (refusal != null) {
      return refusal(refusal.equals("InvalidTimestamp") ? 400 : 401, refusal);
    }
    return request.method().equals("GET") ? give(query, "ExpiredTime") : refusal(405, "Method");
  }

  private Response assumeRoleWithOidc(Request request) {
    Map<String, String> form = parameters(new String(request.body(), UTF_8));
    boolean formPost =
        request.method().equals("POST")
            && header(request, "content-type").startsWith("application/x-www-form-urlencoded");
    if (!formPost || request.headers().containsKey("authorization")) {
      return refusal(400, "InvalidParameter");
    }
    return OIDC_TOKEN.equals(form.get("OIDCToken"))
        ? give(form, "Expiration")
        : refusal(401, "InvalidOIDCToken");
  }

  private Response give(Map<String, String> role, String endKey) {
    if (!TRN.equals(role.get("RoleTrn")) || role.get("RoleSessionName") == null) {
      return refusal(404, "RoleNotExist");
    }
    Instant end =
        clock.instant().plus(Duration.ofSeconds(Long.parseLong(role.get("DurationSeconds"))));
    Credentials given = issued(++issued, end);
    String until = namesTheEnd ? ",\"" + endKey + "\":\"" + end + "\"" : "";
    return reply(
        200,
        """
        {"ResponseMetadata":{"RequestId":"req-%d","Service":"sts","Region":"cn-beijing"},
         "Result":{"Credentials":{"CurrentTime":"%s","AccessKeyId":"%s",
           "SecretAccessKey":"%s","SessionToken":"%s"%s},
           "AssumedRoleUser":{"Trn":"trn:sts::2100000001:assumed-role/stopper/s"}}}
        """
            .formatted(
                issued,
                clock.instant(),
                given.accessKeyId(),
                given.secretAccessKey(),
                given.sessionToken(),
                until));
  }

  /** Returns an error as the gateway sends it, with a message that contains secrets. */
  static Response refusal(int status, String code) {
    return reply(
        status,
        """
        {"ResponseMetadata":{"RequestId":"req-x","Error":{"Code":"%s",
          "Message":"no: AKLTasker, asker-secret, oidc.token"}}}
        """
            .formatted(code));
  }

  /** Decoded parameters of a query or a form. */
  static Map<String, String> parameters(String encoded) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : encoded.split("&", -1)) {
      int equals = pair.indexOf('=');
      parameters.put(
          pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), UTF_8));
    }
    return parameters;
  }
}
