package io.fleetstop;

import java.net.URI;

/**
 * Which address serves a service in a region. {@link VolcengineEndpoints} knows those of the
 * platform; a lambda is enough for any others, {@code (service, region) ->
 * URI.create("https://open." + region + ".byteplusapi.com")} for one.
 *
 * <p>A pure function that neither blocks nor changes its mind: a client keeps the answers it got.
 */
@FunctionalInterface
public interface EndpointResolver {

  /**
   * The address: scheme, host, and port and path if need be.
   *
   * @param service the service in the scope of the signature, {@code ecs} for one
   * @param region the region, {@code cn-beijing} for one
   * @throws IllegalArgumentException if there is no address for them
   */
  URI resolve(String service, String region);

  /** One address for everything. */
  static EndpointResolver of(URI endpoint) {
    URI checked = ServiceAddress.checked(endpoint);
    return (service, region) -> checked;
  }
}
