package io.fleetstop.credentials;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A login of the official tool, as its cache file contains it or as this process has refreshed it.
 *
 * @param accessToken the token, or the JSON object of the keys; empty if there is none
 * @param expiration when the access token expires, or {@code null} if it is unknown
 * @param refreshToken obtains the next access token; empty if there is none
 * @param clientId the registered client
 * @param clientSecret the secret of the client; empty for a client without one
 * @param clientExpiration when the client's secret expires, or {@code null} if it does not
 * @param scope the granted scope; empty if there is none
 * @param endpoint the address of the service that refreshes the login; empty for the default
 */
record Login(
    String accessToken,
    @Nullable Instant expiration,
    String refreshToken,
    String clientId,
    String clientSecret,
    @Nullable Instant clientExpiration,
    String scope,
    String endpoint) {

  /** A token that expires sooner is not used, as in the official SDKs. */
  static final Duration MARGIN = Duration.ofSeconds(60);

  /** Whether the access token can be used for a while. */
  boolean isUsable(Instant now) {
    return !accessToken.isEmpty() && expiration != null && now.isBefore(expiration.minus(MARGIN));
  }

  /**
   * Returns the login after a refresh.
   *
   * @param nextRefreshToken empty if the service kept the old one
   */
  Login refreshed(String nextAccessToken, Instant nextExpiration, String nextRefreshToken) {
    return new Login(
        nextAccessToken,
        nextExpiration,
        nextRefreshToken.isEmpty() ? refreshToken : nextRefreshToken,
        clientId,
        clientSecret,
        clientExpiration,
        scope,
        endpoint);
  }

  /** Shows nothing: every part is a secret or leads to one. */
  @Override
  public String toString() {
    return "Login[***]";
  }
}
