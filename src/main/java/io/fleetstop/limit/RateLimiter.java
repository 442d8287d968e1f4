package io.fleetstop.limit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Lets calls through at a rate. Safe for concurrent use; sharing the object shares the rate. */
public interface RateLimiter {

  /**
   * Waits for a permit, then subscribes to {@code source} and reports to the permit how it ended.
   */
  <T> Mono<T> limit(Mono<T> source);

  /** Leave to make one call. Exactly one of its methods is to be called, once. */
  interface Permit {

    /** The call went through. */
    void succeeded();

    /** The service refused the call because the quota is spent, and may have said until when. */
    void throttled(@Nullable Duration retryAfter);

    /** The call ended in a way that says nothing about the quota. */
    void ignored();
  }
}
