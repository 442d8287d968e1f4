package io.fleetstop.spring;

import io.fleetstop.fleet.ShutdownOptions;

/**
 * Customizes the options of the auto-configured {@code FleetShutdown}, after the properties were
 * applied. Beans of this type are called in order, once, at startup.
 */
@FunctionalInterface
public interface ShutdownOptionsCustomizer {

  /** Customizes {@code builder}. */
  void customize(ShutdownOptions.Builder builder);
}
