package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.net.URI;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/** The OIDC role that the variables of the official tools describe; keeps nothing. */
final class OidcEnvironmentCredentials implements CredentialsProvider {

  private static final String ROLE_TRN = "VOLCENGINE_OIDC_ROLE_TRN";
  private static final String TOKEN_FILE = "VOLCENGINE_OIDC_TOKEN_FILE";
  private static final String SESSION_NAME = "VOLCENGINE_OIDC_ROLE_SESSION_NAME";
  private static final String POLICY = "VOLCENGINE_OIDC_ROLE_POLICY";
  private static final String STS_ENDPOINT = "VOLCENGINE_OIDC_STS_ENDPOINT";

  private final Variables variables;
  private final Services services;

  OidcEnvironmentCredentials(Variables variables, Services services) {
    this.variables = variables;
    this.services = services;
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::read).flatMap(CredentialsProvider::resolve);
  }

  private CredentialsProvider read() {
    String roleTrn = variables.orEmpty(ROLE_TRN);
    String tokenFile = variables.orEmpty(TOKEN_FILE);
    if (roleTrn.isEmpty() && tokenFile.isEmpty()) {
      throw Unavailable.because("OIDC: neither " + ROLE_TRN + " nor " + TOKEN_FILE + " is set");
    }
    if (roleTrn.isEmpty() || tokenFile.isEmpty()) {
      throw Unavailable.because(
          "OIDC: " + (roleTrn.isEmpty() ? ROLE_TRN : TOKEN_FILE) + " is not set");
    }
    try {
      return new OidcCredentials(Path.of(tokenFile), options(roleTrn), services.clock());
    } catch (IllegalArgumentException e) {
      throw Unavailable.because("OIDC: of the variables VOLCENGINE_OIDC_..., " + e.getMessage());
    }
  }

  private AssumeRoleOptions options(String roleTrn) {
    AssumeRoleOptions.Builder options = AssumeRoleOptions.builder(roleTrn).endpoint(services.sts());
    String sessionName = variables.orEmpty(SESSION_NAME);
    if (!sessionName.isEmpty()) {
      options.sessionName(sessionName);
    }
    String policy = variables.orEmpty(POLICY);
    if (!policy.isEmpty()) {
      options.policy(policy);
    }
    String endpoint = variables.orEmpty(STS_ENDPOINT);
    if (!endpoint.isEmpty()) {
      options.endpoint(URI.create(endpoint.contains("://") ? endpoint : "https://" + endpoint));
    }
    return options.build();
  }
}
