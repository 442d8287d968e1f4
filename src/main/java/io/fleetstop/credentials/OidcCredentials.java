package io.fleetstop.credentials;

import io.fleetstop.transport.HttpExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A role, taken on with the OIDC token in a file; keeps nothing, as the token changes too. */
final class OidcCredentials implements CredentialsProvider {

  private final Path tokenFile;
  private final AssumeRoleOptions options;
  private final InstantSource clock;
  private final CredentialsHttpClient questions;

  OidcCredentials(Path tokenFile, AssumeRoleOptions options, InstantSource clock) {
    this.tokenFile = tokenFile;
    this.options = options;
    this.clock = clock;
    this.questions =
        new CredentialsHttpClient(options.transport(), options.timeout(), options.maxAttempts());
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::token)
        .subscribeOn(Schedulers.boundedElastic())
        .flatMap(token -> questions.fetch(exchange -> ask(exchange, token)))
        .onErrorMap(
            failure -> CredentialsErrors.of("AssumeRoleWithOIDC " + options.roleTrn(), failure));
  }

  private Mono<Credentials> ask(HttpExchange exchange, String token) {
    return questions.ask(
        exchange,
        Sts.assumeRoleWithOidc(options, token),
        reply -> Sts.read(reply, options, clock.instant()));
  }

  private String token() {
    String token;
    try {
      token = Files.readString(tokenFile).strip();
    } catch (NoSuchFileException e) {
      throw CredentialsErrors.because("the token file " + tokenFile + " does not exist");
    } catch (IOException e) {
      throw CredentialsErrors.because(
          "the token file " + tokenFile + " cannot be read: " + e.getClass().getSimpleName());
    }
    if (token.isEmpty()) {
      throw CredentialsErrors.because("the token file " + tokenFile + " is empty");
    }
    return token;
  }
}
