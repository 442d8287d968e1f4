package io.fleetstop.credentials;

import java.util.Objects;
import reactor.core.publisher.Mono;

/** Always emits the given credentials. */
record FixedCredentials(Credentials credentials) implements CredentialsProvider {

  FixedCredentials {
    Objects.requireNonNull(credentials, "credentials");
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.just(credentials);
  }

  @Override
  public String describe() {
    return "an access key of the application";
  }
}
