package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Uses the OIDC role that the environment variables of the official tools describe. Caches nothing.
 */
final class OidcEnvironmentCredentials implements CredentialsProvider {

  private static final String ROLE_TRN = "VOLCENGINE_OIDC_ROLE_TRN";
  private static final String TOKEN_FILE = "VOLCENGINE_OIDC_TOKEN_FILE";
  private static final String SESSION_NAME = "VOLCENGINE_OIDC_ROLE_SESSION_NAME";
  private static final String POLICY = "VOLCENGINE_OIDC_ROLE_POLICY";
  private static final String STS_ENDPOINT = "VOLCENGINE_OIDC_STS_ENDPOINT";

  private final Variables variables;
  private final CredentialServices services;

  OidcEnvironmentCredentials(Variables variables, CredentialServices services) {
    this.variables = variables;
    this.services = services;
  }

  /** Whether one of the required variables is set, so that no later source may be used. */
  static boolean isConfigured(Variables variables) {
    return !variables.firstOf(ROLE_TRN, TOKEN_FILE).isEmpty();
  }

  @Override
  public String describe() {
    return "OIDC, role " + variables.orEmpty(ROLE_TRN);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::read).flatMap(CredentialsProvider::resolve);
  }

  private CredentialsProvider read() {
    String roleTrn = variables.orEmpty(ROLE_TRN);
    String tokenFile = variables.orEmpty(TOKEN_FILE);
    if (roleTrn.isEmpty() && tokenFile.isEmpty()) {
      throw CredentialsErrors.notConfigured(
          "OIDC: neither " + ROLE_TRN + " nor " + TOKEN_FILE + " is set");
    }
    if (roleTrn.isEmpty() || tokenFile.isEmpty()) {
      String missing = roleTrn.isEmpty() ? ROLE_TRN : TOKEN_FILE;
      String set = roleTrn.isEmpty() ? TOKEN_FILE : ROLE_TRN;
      throw CredentialsErrors.unavailable(
          "OIDC: "
              + set
              + " is set, but "
              + missing
              + " is not; set it, or unset the other to use another source");
    }
    Path file = valid(TOKEN_FILE, () -> Path.of(tokenFile));
    return new OidcCredentials(file, options(roleTrn), services.clock()::now);
  }

  private AssumeRoleOptions options(String roleTrn) {
    AssumeRoleOptions.Builder options =
        valid(ROLE_TRN, () -> services.sts().apply(AssumeRoleOptions.builder(roleTrn)));
    String sessionName = variables.orEmpty(SESSION_NAME);
    if (!sessionName.isEmpty()) {
      valid(SESSION_NAME, () -> options.sessionName(sessionName));
    }
    String policy = variables.orEmpty(POLICY);
    if (!policy.isEmpty()) {
      valid(POLICY, () -> options.policy(policy));
    }
    String endpoint = variables.orEmpty(STS_ENDPOINT);
    if (!endpoint.isEmpty()) {
      valid(STS_ENDPOINT, () -> options.endpoint(address(endpoint)));
    }
    return options.build();
  }

  private static URI address(String hostOrAddress) {
    try {
      return new URI(hostOrAddress.contains("://") ? hostOrAddress : "https://" + hostOrAddress);
    } catch (URISyntaxException e) {
      // Its message quotes the whole address.
      throw new IllegalArgumentException("must be a host or an address");
    }
  }

  private static <T> T valid(String variable, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw CredentialsErrors.unavailable("OIDC: " + variable + ": " + e.getMessage());
    }
  }
}
