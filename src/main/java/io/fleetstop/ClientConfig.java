package io.fleetstop;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.model.EcsAction;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.transport.HttpExchange;
import java.time.Instant;
import java.util.function.UnaryOperator;

/** The options and resources that all calls of a client share. */
record ClientConfig(
    String account,
    String region,
    EndpointResolver endpoints,
    CredentialsProvider credentials,
    HttpExchange transport,
    RetryPolicy retryPolicy,
    RetryBudget retryBudget,
    RateLimiterRegistry rateLimiters,
    ConcurrencyLimiter inFlight,
    ConcurrencyLimiter openInstances,
    CallListener listener,
    ClockSkew clockSkew) {

  RateLimiter limiterFor(EcsAction<?> action) {
    return rateLimiters.limiter(new Scope(account, region, action.action()));
  }

  ClientConfig withRetryPolicy(UnaryOperator<RetryPolicy> change) {
    return new ClientConfig(
        account,
        region,
        endpoints,
        credentials,
        transport,
        change.apply(retryPolicy),
        retryBudget,
        rateLimiters,
        inFlight,
        openInstances,
        listener,
        clockSkew);
  }

  Instant now() {
    return clockSkew.now();
  }
}
