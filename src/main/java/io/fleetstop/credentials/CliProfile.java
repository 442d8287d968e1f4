package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.nio.file.Path;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * One profile of the official command line's file. Its mode says how its credentials are found;
 * which keys each mode needs is as in the official SDKs ({@code CLIConfigCredentialProvider}).
 *
 * @param source which profile of which file, for errors
 * @param entry what stands there
 */
record CliProfile(String source, JsonNode entry) {

  /** The source that the profile describes; fails if the profile lacks what its mode needs. */
  CredentialsProvider provider(Variables variables, Services services) {
    try {
      String mode = Json.text(entry, "mode");
      return switch (mode.toLowerCase(Locale.ROOT)) {
        case "", "ak" -> CredentialsProvider.fixed(key());
        case "ststoken" -> temporary();
        case "ramrolearn" -> assumedRole(services);
        case "oidc" -> oidcRole(services);
        case "ecsrole" -> ecsRole(variables, services);
        default ->
            throw CredentialsErrors.because(
                "mode \""
                    + mode
                    + "\" is not supported, only ak, ststoken, ramrolearn, oidc and ecsrole are");
      };
    } catch (IllegalArgumentException e) {
      throw CredentialsErrors.because(String.valueOf(e.getMessage()));
    }
  }

  private Credentials key() {
    String token = Json.text(entry, "session-token");
    return new Credentials(
        required("access-key"), required("secret-key"), token.isEmpty() ? null : token, null);
  }

  private CredentialsProvider temporary() {
    required("session-token");
    return CredentialsProvider.fixed(key());
  }

  private CredentialsProvider assumedRole(Services services) {
    CredentialsProvider asker = CredentialsProvider.fixed(key());
    String trn = "trn:iam::" + required("account-id") + ":role/" + required("role-name");
    return new AssumeRoleCredentials(asker, role(trn, services), services.clock());
  }

  private CredentialsProvider oidcRole(Services services) {
    AssumeRoleOptions role = role(required("role-trn"), services);
    return new OidcCredentials(Path.of(required("oidc-token-file")), role, services.clock()::now);
  }

  private CredentialsProvider ecsRole(Variables variables, Services services) {
    String role = Json.text(entry, "role-name");
    EcsRoleOptions.Builder options = services.metadata().mutate();
    if (!role.isEmpty()) {
      options.roleName(role);
    }
    return new EcsRoleCredentials(variables, options.build(), services.clock()::now);
  }

  private static AssumeRoleOptions role(String trn, Services services) {
    return services.sts().apply(AssumeRoleOptions.builder(trn)).build();
  }

  private String required(String key) {
    String value = Json.text(entry, key);
    if (value.isEmpty()) {
      throw CredentialsErrors.because(key + " is missing");
    }
    return value;
  }

  /** Which profile of which file: what stands in it holds secrets. */
  @Override
  public String toString() {
    return "CliProfile[" + source + "]";
  }
}
