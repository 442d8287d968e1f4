package io.fleetstop.credentials;

import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Fetches the credentials of a role with the OIDC token in a file. Caches nothing, because the
 * token changes.
 */
final class OidcCredentials implements CredentialsProvider {

  private final Path tokenFile;
  private final AssumeRoleOptions options;
  private final InstantSource clock;
  private final CredentialsHttpClient client;

  OidcCredentials(Path tokenFile, AssumeRoleOptions options, InstantSource clock) {
    this.tokenFile = tokenFile;
    this.options = options;
    this.clock = clock;
    this.client = CredentialsHttpClient.of(options);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::token)
        .subscribeOn(Schedulers.boundedElastic())
        .flatMap(token -> client.fetch(exchange -> assumeRole(exchange, token)))
        .onErrorMap(
            failure ->
                CredentialsErrors.unavailable("AssumeRoleWithOIDC " + options.roleTrn(), failure));
  }

  @Override
  public String describe() {
    return "OIDC, role " + options.roleTrn();
  }

  private Mono<Credentials> assumeRole(HttpExchange exchange, String token) {
    return client.request(
        exchange,
        StsMessages.assumeRoleWithOidc(options, token),
        reply ->
            StsMessages.read(
                reply,
                StsMessages.ASSUME_ROLE_WITH_OIDC,
                options,
                SecretMask.ofTokens(token),
                clock.instant()));
  }

  private String token() {
    String token;
    try {
      byte[] text = SmallFile.read(tokenFile, SmallFile.MAX_TEXT);
      token = new String(text, StandardCharsets.UTF_8).strip();
    } catch (NoSuchFileException e) {
      throw CredentialsErrors.unavailable("the token file " + tokenFile + " does not exist");
    } catch (IOException e) {
      throw CredentialsErrors.unavailable(
          "the token file " + tokenFile + " cannot be read: " + SmallFile.reason(e));
    }
    if (token.isEmpty()) {
      throw CredentialsErrors.unavailable("the token file " + tokenFile + " is empty");
    }
    return token;
  }
}
