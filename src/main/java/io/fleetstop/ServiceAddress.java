package io.fleetstop;

import io.fleetstop.error.Printable;
import io.fleetstop.sign.RequestSigner;
import java.net.URI;

/** The endpoint of a service in the client's region, and the signer of its requests. */
record ServiceAddress(URI endpoint, RequestSigner signer) {

  private static final int MAX_PORT = 65_535;

  static ServiceAddress of(EndpointResolver endpoints, String service, String region) {
    RequestSigner signer = RequestSigner.of(region, service);
    return new ServiceAddress(checked(endpoints.resolve(service, region)), signer);
  }

  /**
   * Returns a valid endpoint.
   *
   * @throws IllegalArgumentException if it is not {@code http(s)://host[:port][/path]}
   */
  static URI checked(URI endpoint) {
    String scheme = endpoint.getScheme();
    boolean http = "https".equals(scheme) || "http".equals(scheme);
    if (http && endpoint.getHost() == null && hasUnderscore(endpoint)) {
      throw new IllegalArgumentException(
          "endpoint must have a host without an underscore, was "
              + Printable.withoutUserInfo(endpoint.toString())
              + "; use another name of the host, or its address");
    }
    if (!http || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "endpoint must be http(s)://host[:port][/path], was "
              + Printable.withoutUserInfo(endpoint.toString()));
    }
    if (endpoint.getRawUserInfo() != null
        || endpoint.getRawQuery() != null
        || endpoint.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "endpoint must have neither user, query nor fragment, was for host "
              + endpoint.getHost());
    }
    if (endpoint.getPort() == 0 || endpoint.getPort() > MAX_PORT) {
      throw new IllegalArgumentException(
          "endpoint must have a port from 1 to " + MAX_PORT + ", was " + endpoint.getPort());
    }
    return endpoint;
  }

  /** Such a host is none to {@link URI}. */
  private static boolean hasUnderscore(URI endpoint) {
    String authority = endpoint.getRawAuthority();
    return authority != null && authority.indexOf('_', authority.lastIndexOf('@') + 1) >= 0;
  }
}
