package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.nio.file.Path;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * One profile of the official command line's configuration file. Its mode determines the credential
 * source; the required keys of each mode are those of the official SDKs ({@code
 * CLIConfigCredentialProvider}).
 *
 * @param source the profile and its file, for errors
 * @param entry the JSON object of the profile
 */
record CliProfile(String source, JsonNode entry) {

  /**
   * Returns the source that the profile describes; fails if a key that its mode requires is
   * missing.
   */
  CredentialsProvider provider(Variables variables, CredentialServices services) {
    try {
      String mode = Json.text(entry, "mode");
      return switch (mode.toLowerCase(Locale.ROOT)) {
        case "", "ak" -> CredentialsProvider.fixed(key());
        case "ststoken" -> temporary();
        case "ramrolearn" -> assumedRole(services);
        case "oidc" -> oidcRole(services);
        case "ecsrole" -> ecsRole(variables, services);
        default ->
            throw CredentialsErrors.unavailable(
                "mode \""
                    + mode
                    + "\" is not supported, only ak, ststoken, ramrolearn, oidc and ecsrole are");
      };
    } catch (IllegalArgumentException e) {
      throw CredentialsErrors.unavailable(String.valueOf(e.getMessage()));
    }
  }

  private Credentials key() {
    String token = usable("session-token");
    return new Credentials(
        required("access-key"), required("secret-key"), token.isEmpty() ? null : token, null);
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
    String role = Json.text(entry, "role-name");
    EcsRoleOptions.Builder options = services.metadata().mutate();
    if (!role.isEmpty()) {
      options.roleName(role);
    }
    return new EcsRoleCredentials(variables, options.build(), services.clock()::now);
  }

  private static AssumeRoleOptions role(String trn, CredentialServices services) {
    return services.sts().apply(AssumeRoleOptions.builder(trn)).build();
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
    String value = Json.exactText(entry, key);
    String problem = key.equals("oidc-token-file") ? null : Credentials.problem(value);
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
