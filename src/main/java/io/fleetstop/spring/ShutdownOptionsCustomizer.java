package io.fleetstop.spring;

import io.fleetstop.fleet.ShutdownOptions;

/**
 * Changes the options of the {@code FleetShutdown} that the auto-configuration makes, after the
 * properties. Beans of this type are called in their order, once, when the application starts.
 */
@FunctionalInterface
public interface ShutdownOptionsCustomizer {

  /** Changes {@code builder}. */
  void customize(ShutdownOptions.Builder builder);
}
