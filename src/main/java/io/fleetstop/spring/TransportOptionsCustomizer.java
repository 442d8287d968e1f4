package io.fleetstop.spring;

import io.fleetstop.transport.TransportOptions;

/**
 * Customizes the transport options of the auto-configured client, after the properties were
 * applied; for example to trust a private certificate authority or to set a proxy. Beans of this
 * type are called in order, once, at startup.
 */
@FunctionalInterface
public interface TransportOptionsCustomizer {

  /** Customizes {@code builder}. */
  void customize(TransportOptions.Builder builder);
}
