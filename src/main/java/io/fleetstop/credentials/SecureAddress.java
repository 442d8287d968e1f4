package io.fleetstop.credentials;

import io.fleetstop.transport.Authority;
import java.net.URI;

/** Checks the address of a service that receives or issues secrets. */
final class SecureAddress {

  private SecureAddress() {}

  /**
   * Returns the address.
   *
   * @param field the name of the option, for the error
   * @throws IllegalArgumentException if it is neither {@code https} nor {@code http} on the
   *     loopback interface, or has other parts than host, port and path
   */
  static URI require(String field, URI endpoint) {
    Authority authority = Authority.of(endpoint);
    boolean loopback = "http".equals(endpoint.getScheme()) && Authority.isLoopback(endpoint);
    boolean secure = "https".equals(endpoint.getScheme()) && authority != null;
    boolean hasOtherParts =
        Authority.hasUser(endpoint)
            || endpoint.getRawQuery() != null
            || endpoint.getRawFragment() != null;
    if ((!secure && !loopback) || hasOtherParts) {
      throw new IllegalArgumentException(
          field
              + " must be https://host[:port][/path], or http on the loopback interface, was for"
              + " host "
              + (authority == null ? null : authority.host()));
    }
    return endpoint;
  }

  /** Returns the address without a slash at its end, to append a path. */
  static String prefix(URI endpoint) {
    String path = endpoint.getRawPath() == null ? "" : endpoint.getRawPath();
    return endpoint.getScheme()
        + "://"
        + endpoint.getRawAuthority()
        + (path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
  }
}
