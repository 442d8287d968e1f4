package io.fleetstop.credentials;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;

/** Creates the error that all sources use. */
final class CredentialsErrors {

  private CredentialsErrors() {}

  /**
   * Creates the error for a source without credentials.
   *
   * @param reason names the source and contains no secret
   */
  static EcsException unavailable(String reason) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail(reason)
        .build();
  }

  /**
   * Creates the error for a source of which nothing is configured: a chain queries the next.
   *
   * @param reason names the source and contains no secret
   */
  static EcsException notConfigured(String reason) {
    return EcsException.builder(ClientErrors.CREDENTIALS_NOT_CONFIGURED, Delivery.NOT_SENT)
        .detail(reason)
        .build();
  }

  static boolean isNotConfigured(Throwable failure) {
    return failure instanceof EcsException error
        && error.errorCode().equals(ClientErrors.CREDENTIALS_NOT_CONFIGURED);
  }

  /**
   * Creates the error for a source without credentials because of {@code failure}, of which only
   * the reason is shown.
   *
   * @param source the name of the source
   */
  static EcsException unavailable(String source, Throwable failure) {
    return unavailable(source + ": " + reason(failure));
  }

  /**
   * Returns the message of our own errors, and only the type of others, whose messages may contain
   * secrets.
   */
  static String reason(Throwable error) {
    return error instanceof EcsException ours ? ours.reason() : error.getClass().getSimpleName();
  }
}
