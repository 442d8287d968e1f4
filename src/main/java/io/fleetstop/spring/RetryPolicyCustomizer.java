package io.fleetstop.spring;

import io.fleetstop.retry.RetryPolicy;

/**
 * Customizes the retry policy of the auto-configured client and {@link RetryFilter}, after the
 * properties were applied. Beans of this type are called in order at startup.
 */
@FunctionalInterface
public interface RetryPolicyCustomizer {

  /** Customizes {@code builder}. */
  void customize(RetryPolicy.Builder builder);
}
