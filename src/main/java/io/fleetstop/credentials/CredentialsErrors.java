package io.fleetstop.credentials;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;

/** The one error of all sources. */
final class CredentialsErrors {

  private CredentialsErrors() {}

  /**
   * A source has no credentials.
   *
   * @param reason names the source and holds no secret
   */
  static EcsException because(String reason) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail(reason)
        .build();
  }

  /**
   * A source has no credentials because of a failure underneath, of which the reason alone is told.
   *
   * @param source who has none
   */
  static EcsException of(String source, Throwable failure) {
    return because(source + ": " + reason(failure));
  }

  /**
   * What an error says, if it is one of ours; of others the name alone, for who knows what else.
   */
  static String reason(Throwable error) {
    if (!(error instanceof EcsException ours)) {
      return error.getClass().getSimpleName();
    }
    return ours.detail() != null ? ours.detail() : ours.errorCode().meaning();
  }
}
