package io.fleetstop.credentials;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Reads the environment variables of the official tools. */
final class EnvironmentCredentials implements CredentialsProvider {

  /**
   * {@link System#getenv(String)}, or a replacement in tests. An empty variable counts as not set.
   */
  @FunctionalInterface
  interface Variables {

    @Nullable String get(String name);

    default String orEmpty(String name) {
      String value = get(name);
      return value == null ? "" : value;
    }
  }

  private static final String ACCESS_KEY = "VOLCENGINE_ACCESS_KEY";
  private static final String SECRET_KEY = "VOLCENGINE_SECRET_KEY";
  private static final String SESSION_TOKEN = "VOLCENGINE_SESSION_TOKEN";

  private final Variables variables;

  EnvironmentCredentials(Variables variables) {
    this.variables = variables;
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(() -> read(variables));
  }

  private static Credentials read(Variables variables) {
    String accessKey = variables.orEmpty(ACCESS_KEY);
    String secretKey = variables.orEmpty(SECRET_KEY);
    String token = variables.orEmpty(SESSION_TOKEN);
    if (accessKey.isEmpty() && secretKey.isEmpty() && token.isEmpty()) {
      throw CredentialsErrors.notConfigured(
          "environment: neither " + ACCESS_KEY + " nor " + SECRET_KEY + " is set");
    }
    if (accessKey.isEmpty() || secretKey.isEmpty()) {
      String set =
          !accessKey.isEmpty() ? ACCESS_KEY : !secretKey.isEmpty() ? SECRET_KEY : SESSION_TOKEN;
      String missing = accessKey.isEmpty() ? ACCESS_KEY : SECRET_KEY;
      throw CredentialsErrors.unavailable(
          "environment: "
              + set
              + " is set, but "
              + missing
              + " is not; set it, or unset the other to use another source");
    }
    requireUsable(ACCESS_KEY, accessKey);
    requireUsable(SECRET_KEY, secretKey);
    requireUsable(SESSION_TOKEN, token);
    return new Credentials(accessKey, secretKey, token.isEmpty() ? null : token, null);
  }

  private static void requireUsable(String variable, String value) {
    String problem = Credentials.problem(value);
    if (problem != null) {
      throw CredentialsErrors.unavailable("environment: " + variable + " " + problem);
    }
  }
}
