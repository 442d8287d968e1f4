package io.fleetstop;

import io.fleetstop.sign.RequestSigner;
import java.net.URI;

/** Where a service is called in the client's region, and who signs the calls. */
record ServiceAddress(URI endpoint, RequestSigner signer) {

  static ServiceAddress of(EndpointResolver endpoints, String service, String region) {
    RequestSigner signer = RequestSigner.of(region, service);
    return new ServiceAddress(checked(endpoints.resolve(service, region)), signer);
  }

  /**
   * The endpoint, if it is one.
   *
   * @throws IllegalArgumentException if it is not {@code http(s)://host[:port][/path]}
   */
  static URI checked(URI endpoint) {
    String scheme = endpoint.getScheme();
    boolean isHttp = "https".equals(scheme) || "http".equals(scheme);
    if (!isHttp || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "endpoint must be http(s)://host[:port][/path], was " + endpoint);
    }
    if (endpoint.getRawUserInfo() != null
        || endpoint.getRawQuery() != null
        || endpoint.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "endpoint must have neither user, query nor fragment, was for host "
              + endpoint.getHost());
    }
    return endpoint;
  }
}
