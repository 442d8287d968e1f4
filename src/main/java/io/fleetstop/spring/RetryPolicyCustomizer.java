package io.fleetstop.spring;

import io.fleetstop.retry.RetryPolicy;

/**
 * Changes the retry policy of the client and of the {@link RetryFilter} that the auto-configuration
 * makes, after the properties. Beans of this type are called in their order, when the application
 * starts.
 */
@FunctionalInterface
public interface RetryPolicyCustomizer {

  /** Changes {@code builder}. */
  void customize(RetryPolicy.Builder builder);
}
