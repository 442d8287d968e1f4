package io.fleetstop.limit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Grants everything at once and remembers nothing. */
enum Unlimited implements RateLimiter, RateLimiter.Permit {
  INSTANCE;

  @Override
  public Mono<Permit> acquire() {
    return Mono.just(this);
  }

  @Override
  public void succeeded() {}

  @Override
  public void throttled(@Nullable Duration retryAfter) {}

  @Override
  public void ignored() {}
}
