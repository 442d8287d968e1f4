package io.fleetstop.credentials;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
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

    /** Returns the first of these variables that is set, or an empty text. */
    default String firstOf(String... names) {
      return Arrays.stream(names)
          .map(this::orEmpty)
          .filter(value -> !value.isEmpty())
          .findFirst()
          .orElse("");
    }
  }

  /**
   * The names of one generation of the official tools. Each value has one name or two.
   *
   * @param accessKey the names of the access key's id, the preferred one first
   * @param secretKey the names of the secret key
   * @param sessionToken the name of the session token
   */
  private record Names(List<String> accessKey, List<String> secretKey, String sessionToken) {

    /** Returns the name that is set, else the preferred one. */
    private static String nameOf(List<String> names, Variables variables) {
      return names.stream()
          .filter(name -> !variables.orEmpty(name).isEmpty())
          .findFirst()
          .orElse(names.get(0));
    }

    boolean isAnySet(Variables variables) {
      return Stream.of(accessKey, secretKey, List.of(sessionToken))
          .flatMap(List::stream)
          .anyMatch(name -> !variables.orEmpty(name).isEmpty());
    }
  }

  private static final Names CURRENT =
      new Names(
          List.of("VOLCENGINE_ACCESS_KEY"),
          List.of("VOLCENGINE_SECRET_KEY"),
          "VOLCENGINE_SESSION_TOKEN");
  private static final Names OLD =
      new Names(
          List.of("VOLCSTACK_ACCESS_KEY_ID", "VOLCSTACK_ACCESS_KEY"),
          List.of("VOLCSTACK_SECRET_ACCESS_KEY", "VOLCSTACK_SECRET_KEY"),
          "VOLCSTACK_SESSION_TOKEN");

  private final Variables variables;

  EnvironmentCredentials(Variables variables) {
    this.variables = variables;
  }

  /** Whether one of the variables is set, so that no other source may be used. */
  static boolean isConfigured(Variables variables) {
    return CURRENT.isAnySet(variables) || OLD.isAnySet(variables);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(() -> read(variables));
  }

  @Override
  public String describe() {
    Names names = names(variables);
    return "environment, "
        + Names.nameOf(names.accessKey, variables)
        + " and "
        + Names.nameOf(names.secretKey, variables);
  }

  /** Names of two generations never make up one key. */
  private static Names names(Variables variables) {
    return CURRENT.isAnySet(variables) ? CURRENT : OLD;
  }

  private static Credentials read(Variables variables) {
    if (!isConfigured(variables)) {
      throw CredentialsErrors.notConfigured(
          "environment: neither "
              + CURRENT.accessKey.get(0)
              + " nor "
              + CURRENT.secretKey.get(0)
              + " is set");
    }
    Names names = names(variables);
    String accessKeyName = Names.nameOf(names.accessKey, variables);
    String secretKeyName = Names.nameOf(names.secretKey, variables);
    String accessKey = variables.orEmpty(accessKeyName);
    String secretKey = variables.orEmpty(secretKeyName);
    String token = variables.orEmpty(names.sessionToken);
    if (accessKey.isEmpty() || secretKey.isEmpty()) {
      String set =
          !accessKey.isEmpty()
              ? accessKeyName
              : !secretKey.isEmpty() ? secretKeyName : names.sessionToken;
      String missing = accessKey.isEmpty() ? accessKeyName : secretKeyName;
      throw CredentialsErrors.unavailable(
          "environment: "
              + set
              + " is set, but "
              + missing
              + " is not; set it, or unset the other to use another source");
    }
    requireUsable(accessKeyName, accessKey);
    requireUsable(secretKeyName, secretKey);
    requireUsable(names.sessionToken, token);
    return new Credentials(accessKey, secretKey, token.isEmpty() ? null : token, null);
  }

  private static void requireUsable(String variable, String value) {
    String problem = Credentials.problem(value);
    if (problem != null) {
      throw CredentialsErrors.unavailable("environment: " + variable + " " + problem);
    }
  }
}
