package io.fleetstop.credentials;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;

/** The one error of all sources. */
final class Unavailable {

  private Unavailable() {}

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
   * What an error says, if it is one of ours; of others the name alone, for who knows what else.
   */
  static String reason(Throwable error) {
    String detail = error instanceof EcsException ours ? ours.detail() : null;
    return detail != null ? detail : error.getClass().getSimpleName();
  }
}
