package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.retry.RetryPolicy.Remedy;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientRequest;

/**
 * The credentials that signed an attempt. {@link SigningFilter} records them here and {@link
 * RetryFilter} reads them, through an attribute of the request.
 */
final class AttemptSigning {

  static final String ATTRIBUTE = AttemptSigning.class.getName();

  private record SignedAttempt(SigningFilter filter, Credentials credentials) {}

  private volatile @Nullable SignedAttempt signedAttempt;

  /** Returns that of the request, or an unused one if no {@link RetryFilter} precedes. */
  static AttemptSigning of(ClientRequest request) {
    return request
        .attribute(ATTRIBUTE)
        .map(AttemptSigning.class::cast)
        .orElseGet(AttemptSigning::new);
  }

  void record(SigningFilter filter, Credentials credentials) {
    signedAttempt = new SignedAttempt(filter, credentials);
  }

  @Nullable Credentials credentials() {
    SignedAttempt signed = signedAttempt;
    return signed == null ? null : signed.credentials;
  }

  void applyRemedy(Remedy remedy, EcsException failure) {
    SignedAttempt signed = signedAttempt;
    if (signed != null) {
      signed.filter.applyRemedy(remedy, failure, signed.credentials);
    }
  }
}
