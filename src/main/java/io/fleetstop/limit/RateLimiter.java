package io.fleetstop.limit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Limits the rate of calls by granting permits.
 *
 * <p>A permit is the permission to send one request at the current rate. It is granted once and
 * used up by its call, whether the call succeeds or not; a retry needs another one. A {@link
 * ConcurrencyLimiter} bounds the number of calls at the same time instead.
 *
 * <p>Works on any publisher, without any other part of fleetstop: {@code limiter.limit(call)} for
 * one call, {@code ids.flatMap(id -> limiter.limit(call(id)), 64)} for many. A limiter has nothing
 * to close; it schedules a timer only while callers are queued.
 *
 * <p><strong>Thread safety:</strong> every method may be called from any thread, and sharing the
 * object shares the rate. The limiter is non-blocking. The gauges ({@link #rate()}, {@link
 * #available()}, {@link #waiting()}, {@link #throttledCount()}) are read independently and may be
 * slightly inconsistent with each other.
 */
@FunctionalInterface
public interface RateLimiter {

  /**
   * Returns a limiter with a fixed rate: {@code burst} permits are available initially and after
   * idle time, then {@code permitsPerSecond} are granted evenly. The queue has its default bound,
   * {@value TokenBucketOptions#DEFAULT_MAX_WAITING}.
   *
   * <p>Choose a burst below that of the service. If both are equal, the first burst exhausts the
   * bucket of the service, and each call that the network delivers early is throttled.
   */
  static FixedRateLimiter tokenBucket(double permitsPerSecond, int burst) {
    return tokenBucket(TokenBucketOptions.of(permitsPerSecond, burst));
  }

  /** Returns a limiter with a fixed rate, with the queue and the scheduler of {@code options}. */
  static FixedRateLimiter tokenBucket(TokenBucketOptions options) {
    return new TokenBucketLimiter(options);
  }

  /**
   * Returns a limiter that finds the quota, with the defaults of {@link AdaptiveOptions}.
   *
   * @see #adaptive(AdaptiveOptions)
   * @see #tokenBucket(double, int)
   */
  static AdaptiveRateLimiter adaptive() {
    return adaptive(AdaptiveOptions.defaults());
  }

  /** Returns a limiter that finds the quota, within the bounds of {@code options}. */
  static AdaptiveRateLimiter adaptive(AdaptiveOptions options) {
    return new AdaptiveTokenBucketLimiter(options);
  }

  /**
   * Returns a limiter that grants every permit at once. It has no state, and its gauges are
   * constant.
   */
  static RateLimiter unlimited() {
    return Unlimited.INSTANCE;
  }

  /**
   * Waits for a permit.
   *
   * <p>Each subscription acquires one permit and is queued on its first request. Permits are
   * granted to the {@link CallFlow}s round robin, within one first in, first out. Cancelling while
   * queued costs nothing; a granted permit is spent. Report the end of the call to the permit: an
   * adaptive limiter ignores calls that are not reported.
   *
   * <p>Errors: an {@link io.fleetstop.error.EcsException} with {@link
   * io.fleetstop.error.ClientErrors#RATE_LIMITER_FULL}, delivery {@code NOT_SENT}, at once if the
   * queue is full.
   *
   * <p>The permit is emitted on the thread that grants it: the requesting thread if a permit is
   * available, otherwise a thread of the limiter's scheduler, or a thread that is draining the
   * queue. Work on that thread delays all queued callers.
   */
  Mono<Permit> acquire();

  /**
   * Waits for a permit, then subscribes to {@code source} and reports its end to the permit.
   *
   * <p>Everything is per subscription: each retry of the returned {@code Mono} needs a permit.
   * Completion, with a value or without, is {@link Permit#succeeded()}. An {@link
   * io.fleetstop.error.EcsException} of category {@code THROTTLED} is {@link Permit#throttled} with
   * its hint; one with delivery {@code REJECTED} or an HTTP status is {@code succeeded()}, because
   * the service accepted and answered the call, even with an error. Every other end, cancellation
   * included, is {@link Permit#ignored()}. The permit is notified before the subscriber.
   *
   * <p>Cancelling while queued costs no permit, and {@code source} is not subscribed to. Afterwards
   * it cancels {@code source}; the permit is spent.
   *
   * <p>Errors: those of {@code source}, and those of {@link #acquire()}. The context of the
   * subscriber is that of {@code source}, which is subscribed to on the granting thread.
   */
  default <T> Mono<T> limit(Mono<T> source) {
    Objects.requireNonNull(source, "source");
    return new MonoUsingPermit<>(acquire(), source);
  }

  /**
   * Emits the elements of {@code source}, one permit each.
   *
   * <p>An element is requested only with downstream demand and a permit: one at a time, in order,
   * without a buffer. A permit that is unused when {@code source} completes is spent. Permits are
   * {@link Permit#ignored()}, since the processing of an element is not observed; an adaptive
   * limiter does not adapt here.
   *
   * <p>Cancelling cancels the wait and {@code source}. Errors: those of {@code source} and those of
   * {@link #acquire()}, upon which {@code source} is cancelled. Elements arrive on the thread on
   * which {@code source} emits them, which is the granting thread for a source that emits on
   * request.
   */
  default <T> Flux<T> pace(Flux<T> source) {
    return new PacedFlux<>(source, this);
  }

  /** Returns the current maximum of permits per second; infinite without a limit. */
  default double rate() {
    return Double.POSITIVE_INFINITY;
  }

  /** Returns the number of permits that would be granted at once. */
  default int available() {
    return Integer.MAX_VALUE;
  }

  /** Returns the number of queued callers. */
  default int waiting() {
    return 0;
  }

  /** Returns the number of calls reported as {@link Permit#throttled} so far. */
  default long throttledCount() {
    return 0;
  }

  /** Permission to send one request. Report the end of the call with exactly one method, once. */
  interface Permit {

    /** Reports that the service accepted the call. */
    void succeeded();

    /** Reports that the service throttled the call, possibly with a {@code Retry-After}. */
    void throttled(@Nullable Duration retryAfter);

    /**
     * Reports that a gateway in front of the service was overloaded, possibly with a {@code
     * Retry-After}, or that the service asked to wait for another reason. Default: the same as
     * {@link #throttled} with a {@code Retry-After}, else as {@link #ignored}.
     */
    default void overloaded(@Nullable Duration retryAfter) {
      if (retryAfter != null) {
        throttled(retryAfter);
      } else {
        ignored();
      }
    }

    /** Reports an end of the call that has no meaning for the quota. */
    void ignored();
  }
}
