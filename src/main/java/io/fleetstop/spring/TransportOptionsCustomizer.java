package io.fleetstop.spring;

import io.fleetstop.transport.TransportOptions;

/**
 * Changes how the client that the auto-configuration makes connects, after the properties; trust in
 * a private authority, or a proxy, for instance. Beans of this type are called in their order,
 * once, when the application starts.
 */
@FunctionalInterface
public interface TransportOptionsCustomizer {

  /** Changes {@code builder}. */
  void customize(TransportOptions.Builder builder);
}
