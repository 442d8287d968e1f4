package io.fleetstop.credentials;

import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the address of a service that receives or issues secrets. */
final class SecureAddress {

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private SecureAddress() {}

  /**
   * Returns the address.
   *
   * @param field the name of the option, for the error
   * @throws IllegalArgumentException if it is neither {@code https} nor {@code http} on the
   *     loopback interface, or has other parts than host, port and path
   */
  static URI require(String field, URI endpoint) {
    boolean loopback = "http".equals(endpoint.getScheme()) && isLoopback(endpoint.getHost());
    boolean secure = "https".equals(endpoint.getScheme()) && endpoint.getHost() != null;
    boolean hasOtherParts =
        endpoint.getRawUserInfo() != null
            || endpoint.getRawQuery() != null
            || endpoint.getRawFragment() != null;
    if ((!secure && !loopback) || hasOtherParts) {
      throw new IllegalArgumentException(
          field
              + " must be https://host[:port][/path], or http on the loopback interface, was for"
              + " host "
              + endpoint.getHost());
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

  private static boolean isLoopback(@Nullable String host) {
    return host != null && LOOPBACK.contains(host);
  }
}
