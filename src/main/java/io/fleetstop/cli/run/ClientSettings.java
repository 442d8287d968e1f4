package io.fleetstop.cli.run;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.cli.options.RetryArguments;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;

/** The retries and limits of the client of a run. */
public final class ClientSettings {

  private ClientSettings() {}

  /** Returns a builder of a client with the given retries and limits. */
  public static EcsClientBuilder builder(RetryArguments retries, RunLimits pace) {
    EcsClientBuilder builder =
        EcsClient.builder()
            .retryPolicy(policy(retries))
            .rateLimiters(pace.limiters())
            .maxInFlight(pace.maxInFlight());
    Integer budget = retries.retryBudget;
    return budget == null ? builder : builder.retryBudget(RetryBudget.ofRetries(budget));
  }

  private static RetryPolicy policy(RetryArguments retries) {
    RetryPolicy.Builder builder = RetryPolicy.builder();
    if (retries.maxAttempts != null) {
      builder.maxAttempts(retries.maxAttempts);
    }
    if (retries.attemptTimeout != null) {
      builder.attemptTimeout(retries.attemptTimeout);
    }
    if (retries.deadline != null) {
      builder.deadline(retries.deadline);
    }
    return builder.build();
  }
}
