package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.retry.RetryPolicy.Cure;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientRequest;

/** What a try was signed with: how the filter that signs tells the one that retries. */
final class TrySignature {

  static final String ATTRIBUTE = TrySignature.class.getName();

  private record Signed(SigningFilter filter, Credentials credentials) {}

  private volatile @Nullable Signed signed;

  /** That of a request; one that nobody looks at for a request that is not retried. */
  static TrySignature of(ClientRequest request) {
    return request.attribute(ATTRIBUTE).map(TrySignature.class::cast).orElseGet(TrySignature::new);
  }

  void by(SigningFilter filter, Credentials credentials) {
    signed = new Signed(filter, credentials);
  }

  @Nullable Credentials credentials() {
    Signed known = signed;
    return known == null ? null : known.credentials;
  }

  void cure(Cure cure, EcsException failure) {
    Signed known = signed;
    if (known != null) {
      known.filter.cure(cure, failure, known.credentials);
    }
  }
}
