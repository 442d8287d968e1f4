package io.fleetstop;

import io.fleetstop.error.Printable;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.Authority;
import java.net.URI;

/** The endpoint of a service in the client's region, and the signer of its requests. */
record ServiceAddress(URI endpoint, RequestSigner signer) {

  private static final int MAX_PORT = 65_535;

  static ServiceAddress of(URI endpoint, String service, String region) {
    return new ServiceAddress(checked(endpoint), RequestSigner.of(region, service));
  }

  /**
   * Returns a valid endpoint.
   *
   * @throws IllegalArgumentException if it is not {@code http(s)://host[:port][/path]}
   */
  static URI checked(URI endpoint) {
    String scheme = endpoint.getScheme();
    boolean http = "https".equals(scheme) || "http".equals(scheme);
    Authority authority = Authority.of(endpoint);
    if (!http || authority == null) {
      throw new IllegalArgumentException(
          "endpoint must be http(s)://host[:port][/path], was "
              + Printable.addressWithoutUserInfo(endpoint.toString()));
    }
    if (Authority.hasUser(endpoint)
        || endpoint.getRawQuery() != null
        || endpoint.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "endpoint must have neither user, query nor fragment, was for host " + authority.host());
    }
    if (authority.port() == 0 || authority.port() > MAX_PORT) {
      throw new IllegalArgumentException(
          "endpoint must have a port from 1 to " + MAX_PORT + ", was " + authority.port());
    }
    return endpoint;
  }
}
