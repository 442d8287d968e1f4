package io.fleetstop.credentials;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The metadata service of an instance as the official SDKs use it: every request needs a token,
 * which a {@code PUT} returns.
 */
final class FakeMetadata extends FakeService {

  private static final String ROLES = "/volcstack/latest/iam/security_credentials";

  private List<String> roles = List.of("stopper");
  private @Nullable String end = "2026-11-23T04:00:00+08:00";
  private int tokens;

  void hasRoles(String... names) {
    roles = List.of(names);
  }

  void endsAt(@Nullable String end) {
    this.end = end;
  }

  static Credentials credentials(String role, @Nullable Instant end) {
    return new Credentials("AKTP" + role, "secret-of-" + role, "token-of-" + role, end);
  }

  @Override
  synchronized Response answer(Request request) {
    String path = request.uri().getRawPath();
    if (path.equals("/latest/api/token")) {
      return token(request);
    }
    boolean mayAsk =
        tokens > 0 && header(request, "x-volc-ecs-metadata-token").equals("metadata-" + tokens);
    if (!mayAsk) {
      return reply(401, "");
    }
    if (!request.method().equals("GET")) {
      return reply(405, "");
    }
    return path.equals(ROLES) ? list(request) : credentialsOf(path);
  }

  private Response token(Request request) {
    boolean valid =
        request.method().equals("PUT")
            && header(request, "x-volc-ecs-metadata-token-ttl-seconds").equals("21600");
    return valid ? reply(200, "metadata-" + ++tokens + "\n") : reply(400, "");
  }

  private Response list(Request request) {
    boolean valid =
        FakeSts.parameters(request.uri().getRawQuery())
            .equals(Map.of("type", "user", "format", "json"));
    return valid
        ? reply(
            200,
            roles.stream().map(role -> '"' + role + '"').collect(Collectors.joining(",", "[", "]")))
        : reply(400, "");
  }

  private Response credentialsOf(String path) {
    String role = path.substring(ROLES.length() + 1);
    if (!roles.contains(role)) {
      return reply(404, "");
    }
    Credentials given = credentials(role, null);
    return reply(
        200,
        """
        {"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s"%s}
        """
            .formatted(
                given.accessKeyId(),
                given.secretAccessKey(),
                given.sessionToken(),
                end == null ? "" : ",\"ExpiredTime\":\"" + end + "\""));
  }
}
