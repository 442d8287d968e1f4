package io.fleetstop.simulation;

import io.fleetstop.limit.RateLimiter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Counts the permits of a limiter that were granted and not settled. */
final class CountingLimiter implements RateLimiter {

  private final RateLimiter limiter;
  private final Invariants invariants;
  private int outstanding;

  CountingLimiter(RateLimiter limiter, Invariants invariants) {
    this.limiter = limiter;
    this.invariants = invariants;
  }

  int outstanding() {
    return outstanding;
  }

  @Override
  public int waiting() {
    return limiter.waiting();
  }

  @Override
  public Mono<Permit> acquire() {
    return limiter.acquire().map(Counted::new);
  }

  private final class Counted implements Permit {

    private final Permit permit;
    private boolean settled;

    Counted(Permit permit) {
      this.permit = permit;
      outstanding++;
    }

    private void settle() {
      if (settled) {
        invariants.violated("a permit was settled twice");
      }
      settled = true;
      outstanding--;
    }

    @Override
    public void succeeded() {
      settle();
      permit.succeeded();
    }

    @Override
    public void throttled(@Nullable Duration retryAfter) {
      settle();
      permit.throttled(retryAfter);
    }

    @Override
    public void ignored() {
      settle();
      permit.ignored();
    }
  }
}
