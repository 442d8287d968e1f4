package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.Printable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One profile of the official command line's configuration file. Its mode determines the credential
 * source; the required keys of each mode are those of the official SDKs ({@code
 * CLIConfigCredentialProvider}).
 *
 * @param source the profile and its file, for errors
 * @param entry the JSON object of the profile
 * @param config the whole file
 */
record CliProfile(String source, JsonNode entry, ConfigFile config) {

  private static final String CACHE_DIRECTORY = "VOLCENGINE_LOGIN_CACHE_DIRECTORY";
  private static final String DEFAULT_REGION = "cn-beijing";

  static CliProfile of(ConfigFile config) {
    return new CliProfile(config.source(), config.entry(), config);
  }

  /** Names the profile, its file and its mode. */
  String description() {
    String mode = mode();
    return source + ", mode " + (mode.isEmpty() ? "ak" : Printable.of(mode));
  }

  private String mode() {
    return Json.text(entry, "mode").toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the source that the profile describes; fails if a key that its mode requires is
   * missing.
   *
   * @param memory the logins that were refreshed earlier
   */
  CredentialsProvider provider(
      Variables variables, CredentialServices services, LoginMemory memory) {
    try {
      return switch (mode()) {
        case "", "ak" -> CredentialsProvider.fixed(key());
        case "ststoken" -> temporary();
        case "ramrolearn" -> assumedRole(services);
        case "oidc" -> oidcRole(services);
        case "ecsrole" -> ecsRole(variables, services);
        case "sso" -> sso(services, memory);
        case "console-login" -> consoleLogin(variables, services, memory);
        default ->
            throw CredentialsErrors.unavailable(
                "mode \""
                    + Printable.of(Json.text(entry, "mode"))
                    + "\" is not supported, only ak, ststoken, ramrolearn, oidc, ecsrole, sso and"
                    + " console-login are");
      };
    } catch (InvalidPathException e) {
      throw CredentialsErrors.unavailable("oidc-token-file is not the name of a file");
    } catch (IllegalArgumentException e) {
      throw CredentialsErrors.unavailable(String.valueOf(e.getMessage()));
    }
  }

  private Credentials key() {
    return key(null);
  }

  private Credentials key(@Nullable Instant expiration) {
    String token = usable("session-token");
    return new Credentials(
        required("access-key"), required("secret-key"), token.isEmpty() ? null : token, expiration);
  }

  private CredentialsProvider temporary() {
    required("session-token");
    return CredentialsProvider.fixed(key());
  }

  private CredentialsProvider assumedRole(CredentialServices services) {
    CredentialsProvider caller = CredentialsProvider.fixed(key());
    String trn = "trn:iam::" + required("account-id") + ":role/" + required("role-name");
    return new AssumeRoleCredentials(caller, role(trn, services), services.clock());
  }

  private CredentialsProvider oidcRole(CredentialServices services) {
    AssumeRoleOptions role = role(required("role-trn"), services);
    return new OidcCredentials(Path.of(required("oidc-token-file")), role, services.clock()::now);
  }

  private CredentialsProvider ecsRole(Variables variables, CredentialServices services) {
    String role = usable("role-name");
    EcsRoleOptions.Builder options = services.metadata().mutate();
    if (!role.isEmpty()) {
      options.roleName(role);
    }
    return new EcsRoleCredentials(variables, options.build(), services.clock()::now);
  }

  private CredentialsProvider sso(CredentialServices services, LoginMemory memory) {
    String name = required("sso-session-name");
    JsonNode session = config.ssoSession(name);
    String startUrl = Json.text(session, "start-url");
    if (startUrl.isEmpty()) {
      throw CredentialsErrors.unavailable(
          "the file has no sso-session \"" + Printable.of(name) + "\" with a start-url");
    }
    String region = Json.text(session, "region");
    if (region.isEmpty()) {
      region = Json.text(entry, "region");
    }
    if (region.isEmpty()) {
      region = DEFAULT_REGION;
    }
    if (!LoginServices.isRegion(region)) {
      throw CredentialsErrors.unavailable(
          "the region of sso-session \""
              + Printable.of(name)
              + "\" must be lower-case letters, digits and '-', was \""
              + Printable.of(region)
              + "\"");
    }
    Instant storedUntil = Json.instant(entry, "sts-expiration");
    boolean stored = storedUntil != null && !usable("access-key").isEmpty();
    return new SsoCredentials(
        new SsoCredentials.Settings(
            stored ? key(storedUntil) : null,
            required("account-id"),
            required("role-name"),
            region),
        config.directory().resolve("sso/cache").resolve(SsoCredentials.cacheName(startUrl, name)),
        services.logins(),
        memory,
        services.clock()::now);
  }

  private CredentialsProvider consoleLogin(
      Variables variables, CredentialServices services, LoginMemory memory) {
    String session = required("login-session");
    String directory = variables.orEmpty(CACHE_DIRECTORY);
    Path cache =
        directory.isEmpty() ? config.directory().resolve("login/cache") : Path.of(directory);
    return new ConsoleLoginCredentials(
        cache.resolve(LoginSession.fileName(session)),
        services.logins(),
        memory,
        services.clock()::now);
  }

  /** The profile's region is that of the signature, as in most of the official SDKs. */
  private AssumeRoleOptions role(String trn, CredentialServices services) {
    AssumeRoleOptions.Builder role = AssumeRoleOptions.builder(trn);
    String region = Json.text(entry, "region");
    if (LoginServices.isRegion(region)) {
      role.region(region);
    }
    return services.sts().apply(role).build();
  }

  private String required(String key) {
    String value = usable(key);
    if (value.isEmpty()) {
      throw CredentialsErrors.unavailable(key + " is missing");
    }
    return value;
  }

  /** Returns a value as it is: other tools would send another one if white space was removed. */
  private String usable(String key) {
    JsonNode node = entry.path(key);
    if (!node.isMissingNode() && !node.isNull() && !node.isString()) {
      throw CredentialsErrors.unavailable(key + " must be a text in quotation marks");
    }
    String value = Json.exactText(entry, key);
    boolean sent = !key.equals("oidc-token-file") && !key.equals("login-session");
    String problem = sent ? Credentials.problem(value) : null;
    if (problem != null) {
      throw CredentialsErrors.unavailable(key + " " + problem);
    }
    return value;
  }

  /** Shows only the profile and its file: the entry contains secrets. */
  @Override
  public String toString() {
    return "CliProfile[" + source + "]";
  }
}
