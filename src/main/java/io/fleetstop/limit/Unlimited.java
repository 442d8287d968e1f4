package io.fleetstop.limit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Grants everything at once and remembers nothing. */
enum Unlimited implements RateLimiter, RateLimiter.Permit {
  INSTANCE;

  @Override
  public Mono<Permit> acquire() {
    return Mono.just(this);
  }

  /** Nobody waits, and nobody listens to how it ends. */
  @Override
  public <T> Mono<T> limit(Mono<T> source) {
    return Objects.requireNonNull(source, "source");
  }

  @Override
  public void succeeded() {}

  @Override
  public void throttled(@Nullable Duration retryAfter) {}

  @Override
  public void ignored() {}
}
