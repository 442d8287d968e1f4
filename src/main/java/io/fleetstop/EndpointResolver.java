package io.fleetstop;

import java.net.URI;
import java.util.Objects;

/**
 * Resolves the address of a service in a region. {@link VolcengineEndpoints} has those of the
 * platform; for others a lambda is enough, such as {@code (service, region) ->
 * URI.create("https://open." + region + ".byteplusapi.com")}.
 *
 * <p>Must be a pure, non-blocking function: a client caches its results.
 */
@FunctionalInterface
public interface EndpointResolver {

  /**
   * Returns the address: scheme, host, and optionally port and path.
   *
   * @param service the service in the scope of the signature, such as {@code ecs}
   * @param region the region, such as {@code cn-beijing}
   * @throws IllegalArgumentException if there is no address for service and region
   */
  URI resolve(String service, String region);

  /** Resolves everything to one address. */
  static EndpointResolver of(URI endpoint) {
    URI checked = ServiceAddress.checked(Objects.requireNonNull(endpoint, "endpoint"));
    return (service, region) -> checked;
  }
}
