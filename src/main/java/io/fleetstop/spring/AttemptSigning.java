package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.retry.RetryPolicy.Remedy;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientRequest;

/** What a try was signed with: how the filter that signs tells the one that retries. */
final class AttemptSigning {

  static final String ATTRIBUTE = AttemptSigning.class.getName();

  private record Signed(SigningFilter filter, Credentials credentials) {}

  private volatile @Nullable Signed signed;

  /** That of a request; one that nobody looks at for a request that is not retried. */
  static AttemptSigning of(ClientRequest request) {
    return request
        .attribute(ATTRIBUTE)
        .map(AttemptSigning.class::cast)
        .orElseGet(AttemptSigning::new);
  }

  void by(SigningFilter filter, Credentials credentials) {
    signed = new Signed(filter, credentials);
  }

  @Nullable Credentials credentials() {
    Signed known = signed;
    return known == null ? null : known.credentials;
  }

  void cure(Remedy cure, EcsException failure) {
    Signed known = signed;
    if (known != null) {
      known.filter.cure(cure, failure, known.credentials);
    }
  }
}
