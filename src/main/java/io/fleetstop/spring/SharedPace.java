package io.fleetstop.spring;

import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.redis.LazyRedisConnection;
import io.fleetstop.redis.RedisRateLimiters;
import java.util.Map;

/** The limiters of {@code fleetstop.pace}, shared through Redis. */
final class SharedPace {

  private SharedPace() {}

  /** Returns the same limits as without Redis, for all processes together. */
  static RateLimiterRegistry rateLimiters(
      LazyRedisConnection redis,
      Map<String, FleetstopProperties.Pace> accounts,
      FleetstopProperties.Pace others) {
    RedisRateLimiters shared = RedisRateLimiters.on(redis);
    RateLimiterRegistry standard = shared.standard();
    return RateLimiterRegistry.of(
        scope -> {
          FleetstopProperties.Pace pace = accounts.getOrDefault(scope.account(), others);
          return switch (scope.action()) {
            case "StopInstance", "StopInstances", "StartInstance" ->
                stopLimiter(shared, scope, pace);
            case "DescribeInstances" ->
                shared.adaptive(scope, RateLimiterRegistry.describeOptions(pace.maxDescribeRate()));
            default -> standard.limiter(scope);
          };
        });
  }

  private static RateLimiter stopLimiter(
      RedisRateLimiters shared, Scope scope, FleetstopProperties.Pace pace) {
    Double rate = pace.rate();
    return rate != null
        ? shared.fixed(scope, TokenBucketOptions.of(rate, pace.burst()))
        : shared.adaptive(scope, AdaptiveOptions.builder().ceiling(pace.ceiling()).build());
  }
}
