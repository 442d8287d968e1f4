package io.fleetstop.spring;

import io.fleetstop.EcsClientBuilder;

/**
 * Changes the builder of the client that the auto-configuration makes, after the properties. Beans
 * of this type are called in their order, once, when the application starts. A listener that one
 * sets is heard beside those that are set already.
 */
@FunctionalInterface
public interface EcsClientBuilderCustomizer {

  /** Changes {@code builder}. */
  void customize(EcsClientBuilder builder);
}
