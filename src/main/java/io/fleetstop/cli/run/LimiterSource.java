package io.fleetstop.cli.run;

import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.TokenBucketOptions;

/** Creates the limiters of a run. */
public interface LimiterSource {

  /** Returns a limiter of an action with a known rate. */
  RateLimiter fixed(String action, TokenBucketOptions options);

  /** Returns a limiter of an action that finds the quota. */
  RateLimiter adaptive(String action, AdaptiveOptions options);

  /** Returns limiters of this process alone. */
  static LimiterSource ofProcess() {
    return new LimiterSource() {
      @Override
      public RateLimiter fixed(String action, TokenBucketOptions options) {
        return RateLimiter.tokenBucket(options);
      }

      @Override
      public RateLimiter adaptive(String action, AdaptiveOptions options) {
        return RateLimiter.adaptive(options);
      }
    };
  }
}
