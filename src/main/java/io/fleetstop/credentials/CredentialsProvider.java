package io.fleetstop.credentials;

import reactor.core.publisher.Mono;

/** Where credentials come from. Implementations are safe for concurrent use and never block. */
@FunctionalInterface
public interface CredentialsProvider {

  /**
   * The credentials to sign the next request with.
   *
   * <p><strong>Start:</strong> at subscription; asked once per attempt of a call.
   * <strong>Errors:</strong> an {@code EcsException} of category {@code AUTH} that says why, in
   * words that hold no secret.
   */
  Mono<Credentials> resolve();
}
