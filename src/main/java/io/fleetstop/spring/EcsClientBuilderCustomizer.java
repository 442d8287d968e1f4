package io.fleetstop.spring;

import io.fleetstop.EcsClientBuilder;

/**
 * Customizes the builder of the auto-configured client, after the properties were applied. Beans of
 * this type are called in order, once, at startup. A listener set here is added to the others.
 */
@FunctionalInterface
public interface EcsClientBuilderCustomizer {

  /** Customizes {@code builder}. */
  void customize(EcsClientBuilder builder);
}
