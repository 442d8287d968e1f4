package io.fleetstop.limit;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Lets calls through at a rate. Safe for concurrent use; sharing the object shares the rate.
 *
 * <p>Usable on any publisher, with no other part of fleetstop: {@code limiter.limit(call)} for one
 * call, {@code ids.flatMap(id -> limiter.limit(call(id)), 64)} for many. A limiter owns nothing
 * that must be closed: it has a timer only while somebody waits.
 *
 * <p>The gauges ({@link #rate()}, {@link #available()}, {@link #waiting()}, {@link #throttled()})
 * are live readings, each by itself: they may be a moment apart from one another.
 */
@FunctionalInterface
public interface RateLimiter {

  /**
   * A limiter with a fixed rate: {@code burst} permits are in hand at first and after a pause, then
   * {@code permitsPerSecond} are granted evenly. The waiting line has its default bound, {@value
   * TokenBucketOptions#DEFAULT_MAX_WAITING}.
   *
   * <p>Choose a burst below that of the service. If both are equal, the first burst leaves the
   * service with none in hand, and every call that the network delivers a little early is refused.
   */
  static FixedRateLimiter tokenBucket(double permitsPerSecond, int burst) {
    return tokenBucket(TokenBucketOptions.of(permitsPerSecond, burst));
  }

  /** A limiter with a fixed rate, as {@code options} say. */
  static FixedRateLimiter tokenBucket(TokenBucketOptions options) {
    return new TokenBucketLimiter(options);
  }

  /** A limiter that finds the quota by itself, with the defaults of {@link AdaptiveOptions}. */
  static AdaptiveRateLimiter adaptive() {
    return adaptive(AdaptiveOptions.defaults());
  }

  /** A limiter that finds the quota by itself, within the bounds of {@code options}. */
  static AdaptiveRateLimiter adaptive(AdaptiveOptions options) {
    return new AdaptiveTokenBucketLimiter(options);
  }

  /** A limiter that grants every permit at once. It has no state, and its gauges stand still. */
  static RateLimiter unlimited() {
    return Unlimited.INSTANCE;
  }

  /**
   * Waits for a permit.
   *
   * <p>Each subscription is one wait, which begins with its first request. Permits are granted in
   * the order of arrival. Cancelling while waiting leaves the line and costs nothing; once the
   * permit is granted it is spent, whatever becomes of it. The permit should be told how the call
   * ended: a limiter that learns counts a call that never ends as one that says nothing.
   *
   * <p>Errors: an {@link io.fleetstop.error.EcsException} with {@link
   * io.fleetstop.error.ClientErrors#RATE_LIMITER_FULL}, delivery {@code NOT_SENT}, at once if the
   * waiting line is full.
   *
   * <p>The permit arrives on the thread that grants it: the one that asks if a permit is in hand, a
   * thread of the limiter's scheduler otherwise, or now and then one that grants to somebody else
   * at that moment. What is done there holds up everyone who waits.
   */
  Mono<Permit> acquire();

  /**
   * Waits for a permit, then subscribes to {@code source} and tells the permit how it ended.
   *
   * <p>All of it is per subscription: every retry of the returned {@code Mono} waits anew.
   * Completion, with a value or without, is {@link Permit#succeeded()}. An {@link
   * io.fleetstop.error.EcsException} of category {@code THROTTLED} is {@link Permit#throttled} with
   * its hint; one with delivery {@code REJECTED} or an HTTP status is {@code succeeded()}, because
   * the service let the call in and answered it, be it with an error. Every other end, cancellation
   * included, is {@link Permit#ignored()}. The permit hears before the subscriber does.
   *
   * <p>Cancelling while waiting leaves the line, costs no permit, and nothing is subscribed to.
   * Afterwards it cancels {@code source}; the permit is spent.
   *
   * <p>Errors: those of {@code source}, and those of {@link #acquire()}. The context of the
   * subscriber is that of {@code source}, which is subscribed to on the thread that grants.
   */
  default <T> Mono<T> limit(Mono<T> source) {
    Objects.requireNonNull(source, "source");
    return new MonoUsingPermit<>(acquire(), source);
  }

  /**
   * Passes the elements of {@code source} on, each for a permit.
   *
   * <p>An element is requested only once there is demand for it and a permit in hand: one at a
   * time, in order, with no buffer. A permit that {@code source} leaves unused by completing is
   * spent. Permits are {@link Permit#ignored()}, since nobody says what becomes of an element: a
   * limiter that learns from its calls learns nothing here.
   *
   * <p>Cancelling cancels the wait and {@code source}. Errors: those of {@code source} and those of
   * {@link #acquire()}, upon which {@code source} is cancelled. Elements arrive on the thread on
   * which {@code source} emits them, which for a source that emits when asked is the one that
   * grants.
   */
  default <T> Flux<T> pace(Flux<T> source) {
    return new PacedFlux<>(source, this);
  }

  /** The permits granted per second at most, at present; infinite for no limit. */
  default double rate() {
    return Double.POSITIVE_INFINITY;
  }

  /** The permits that would be granted at once, at present. */
  default int available() {
    return Integer.MAX_VALUE;
  }

  /** How many wait for a permit at present. */
  default int waiting() {
    return 0;
  }

  /** How many permits have heard {@link Permit#throttled} so far. */
  default long throttled() {
    return 0;
  }

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
