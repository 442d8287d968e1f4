package io.fleetstop.limit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Grants every permit at once, without state. */
enum Unlimited implements RateLimiter, RateLimiter.Permit {
  INSTANCE;

  @Override
  public Mono<Permit> acquire() {
    return Mono.just(this);
  }

  /** Needs neither queue nor report. */
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
