package io.fleetstop.retry;

import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Decides whether a failed attempt is retried, and after which delay.
 *
 * <p>{@link #decide} is a pure function; {@link #asRetry} applies it to any publisher that signals
 * {@code EcsException}. Immutable; {@link #mutate()} starts a changed copy.
 */
public final class RetryPolicy {

  /**
   * A failed attempt: the input of the decision.
   *
   * @param errorCode the error
   * @param delivery whether the service may have acted on this attempt
   * @param repeatable whether the call may be sent again although the service may have acted: a
   *     read, or a change that carries a client token
   * @param reached whether a call has succeeded before: a request that cannot be sent then meets an
   *     outage, otherwise perhaps a wrong address
   * @param failures failed attempts of this call, this one included, that {@link
   *     Builder#maxAttempts} limits
   * @param occurrence attempts that ended in this category, this one included
   * @param elapsed the time from the start of the call to the end of this attempt
   * @param retryAfter the delay that the service asked for, or {@code null}
   * @param random a number from 0 (inclusive) to 1 (exclusive) for the jitter
   */
  public record Failure(
      ErrorCode errorCode,
      Delivery delivery,
      boolean repeatable,
      boolean reached,
      int failures,
      int occurrence,
      Duration elapsed,
      @Nullable Duration retryAfter,
      double random) {}

  /** What follows a failed attempt. */
  public sealed interface Decision {

    /**
     * Another attempt follows.
     *
     * @param delay the delay before it
     * @param remedy what has to be corrected first
     * @param spendsBudget whether it costs a retry of the shared budget
     */
    record Retry(Duration delay, Remedy remedy, boolean spendsBudget) implements Decision {}

    /**
     * The call fails.
     *
     * @param limit the limit that forbids a retry, or {@code null} if the error is not retryable
     * @param reason the reason as text
     */
    record Stop(@Nullable Limit limit, String reason) implements Decision {}
  }

  /** What has to be corrected before a retry can succeed. */
  public enum Remedy {
    /** Nothing. */
    NONE,
    /** Refresh the credentials: the service no longer accepts the session token. */
    REFRESH_CREDENTIALS,
    /** Correct the clock: the signature's date is too far from the service's time. */
    CORRECT_CLOCK
  }

  private final int maxAttempts;
  private final @Nullable Duration deadline;
  private final Duration attemptTimeout;
  private final Map<Category, Backoff> backoffs;
  private final Map<String, Category> overrides;
  private final Set<Category> neverRetried;
  private final @Nullable Mono<Void> stopRetryingWhen;

  private RetryPolicy(Builder builder) {
    this.maxAttempts = builder.maxAttempts;
    this.deadline = builder.deadline;
    this.attemptTimeout = builder.attemptTimeout;
    this.backoffs = Map.copyOf(builder.backoffs);
    this.overrides = Map.copyOf(builder.overrides);
    this.neverRetried = Set.copyOf(builder.neverRetried);
    this.stopRetryingWhen = builder.stopRetryingWhen;
  }

  /** Returns the default policy. */
  public static RetryPolicy defaults() {
    return builder().build();
  }

  /**
   * Returns a policy that never retries: the first failure of an attempt ends the call, whatever
   * its category. Deadline and attempt timeout are the defaults.
   */
  public static RetryPolicy none() {
    Builder builder = builder().maxAttempts(1);
    for (Category category : Category.values()) {
      builder.neverRetry(category);
    }
    return builder.build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with the options of this policy. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.maxAttempts = maxAttempts;
    copy.deadline = deadline;
    copy.attemptTimeout = attemptTimeout;
    copy.backoffs.putAll(backoffs);
    copy.overrides.putAll(overrides);
    copy.neverRetried.addAll(neverRetried);
    copy.stopRetryingWhen = stopRetryingWhen;
    return copy;
  }

  /** Returns the maximum number of attempts of a failing call, the first included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /**
   * Returns the time limit of a call, including queueing, delays and retries, or {@code null} for
   * none.
   */
  public @Nullable Duration deadline() {
    return deadline;
  }

  /**
   * Returns the time limit of one exchange, from acquiring a connection to the end of the reply.
   */
  public Duration attemptTimeout() {
    return attemptTimeout;
  }

  /** Returns the signal after which no attempt starts, or {@code null} for none. */
  public @Nullable Mono<Void> stopRetryingWhen() {
    return stopRetryingWhen;
  }

  /** Returns the codes whose category is {@linkplain Builder#overrideCategory overridden}. */
  public Set<String> overriddenCodes() {
    return overrides.keySet();
  }

  /** Decides what follows a failure. Pure: equal failures give equal decisions. */
  public Decision decide(Failure failure) {
    Category category = effectiveCode(failure.errorCode).category();
    return neverRetried.contains(category)
        ? new Decision.Stop(null, category + " is never retried by this policy")
        : RetryDecisions.decide(this, failure, backoffs.get(category));
  }

  /** The code with its {@linkplain Builder#overrideCategory overridden} category, if it has one. */
  public ErrorCode effectiveCode(ErrorCode errorCode) {
    Category treated = overrides.get(errorCode.code());
    return treated == null || treated == errorCode.category()
        ? errorCode
        : errorCode.withCategory(treated);
  }

  /**
   * Returns the policy as a {@code Retry} for any publisher that signals {@code EcsException};
   * other errors pass through unchanged.
   *
   * <p>State is kept per subscription: one object serves many. A call that is not retried any more
   * fails with its last error, which carries the number of attempts, the {@linkplain
   * io.fleetstop.error.EcsException#delivery() delivery} over all of them, their {@linkplain
   * io.fleetstop.error.EcsException#history() history}, and the limit that ended the call, if one
   * did. Delays run on {@code Schedulers.parallel()}.
   *
   * <p>The deadline counts from subscription. A delay that would end after it is not started. It
   * does not end a running attempt: put a {@code timeout} around each attempt for that, as {@code
   * EcsClient} does. {@link #stopRetryingWhen} ends a delay early.
   *
   * <p>A subscription that ends during an attempt, by success or by cancellation, counts as a
   * success for the budget unless the {@link RetryObserver} says otherwise.
   *
   * @param repeatable whether the publisher may be subscribed again although the service may have
   *     acted: {@code true} for reads, and for changes that carry the same client token each time
   * @param budget the retries shared with other calls
   */
  public Retry asRetry(boolean repeatable, RetryBudget budget) {
    return asRetry(repeatable, budget, RetryObserver.NONE);
  }

  /** As {@link #asRetry(boolean, RetryBudget)}, and notifies {@code observer} of each retry. */
  public Retry asRetry(boolean repeatable, RetryBudget budget, RetryObserver observer) {
    return asRetry(repeatable, budget, observer, Duration.ZERO);
  }

  /**
   * As {@link #asRetry(boolean, RetryBudget, RetryObserver)}, for a call that has already started.
   *
   * <p>A call that adds {@code retryWhen} only after its first failure does not pay for it before.
   * Its publisher has to replay that failure, and the call has to {@linkplain
   * RetryBudget#recordSuccess() record a success without retries} itself.
   *
   * @param elapsed the time the call has taken when the retried publisher is subscribed to
   */
  public Retry asRetry(
      boolean repeatable, RetryBudget budget, RetryObserver observer, Duration elapsed) {
    return new RetryLoop(this, repeatable, budget, observer, elapsed);
  }

  /** Builds a policy. Not thread-safe. */
  public static final class Builder {

    private int maxAttempts = 4;
    private @Nullable Duration deadline = Duration.ofMinutes(2);
    private Duration attemptTimeout = Duration.ofSeconds(10);
    private final Map<Category, Backoff> backoffs = new EnumMap<>(Category.class);
    private final Map<String, Category> overrides = new HashMap<>();
    private final Set<Category> neverRetried = EnumSet.noneOf(Category.class);
    private @Nullable Mono<Void> stopRetryingWhen;

    private Builder() {
      backoffs.put(Category.SERVER, jitter(200, 10_000));
      // With 4 attempts at least 1.75 s: a gateway that is restarted is away for that long.
      backoffs.put(
          Category.NETWORK, Backoff.equalJitter(Duration.ofMillis(500), Duration.ofSeconds(10)));
      backoffs.put(Category.THROTTLED, jitter(1_000, 10_000));
      backoffs.put(Category.IN_PROGRESS, jitter(500, 5_000));
      backoffs.put(Category.BUSY, jitter(4_000, 30_000));
      backoffs.put(Category.CAPACITY, jitter(5_000, 30_000));
    }

    private static Backoff jitter(long baseMillis, long capMillis) {
      return Backoff.fullJitter(Duration.ofMillis(baseMillis), Duration.ofMillis(capMillis));
    }

    /**
     * Sets the maximum number of attempts of a failing call, the first included. Attempts that were
     * throttled, or met an overloaded gateway, a busy instance or a request in progress, do not
     * count: the deadline bounds those. The same holds for requests that could not be sent once a
     * call of the {@linkplain RetryBudget budget} has succeeded. Default: 4.
     *
     * @throws IllegalArgumentException if {@code maxAttempts} is less than 1
     */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = Preconditions.positive("maxAttempts", maxAttempts);
      return this;
    }

    /**
     * Sets the time limit of a call, including queueing, delays and retries, with a resolution of 1
     * ms. Default: 2 min.
     *
     * @throws IllegalArgumentException if {@code deadline} is not 1 ms to 365 days
     * @see #noDeadline()
     */
    public Builder deadline(Duration deadline) {
      this.deadline = Preconditions.positive("deadline", deadline);
      return this;
    }

    /**
     * Removes the time limit of a call: throttling is then retried without end.
     *
     * @see #deadline(Duration)
     */
    public Builder noDeadline() {
      this.deadline = null;
      return this;
    }

    /**
     * Sets the time limit of one exchange, from acquiring a connection to the end of the reply,
     * with a resolution of 1 ms. Default: 10 s.
     *
     * @throws IllegalArgumentException if {@code attemptTimeout} is not 1 ms to 365 days
     */
    public Builder attemptTimeout(Duration attemptTimeout) {
      this.attemptTimeout = Preconditions.positive("attemptTimeout", attemptTimeout);
      return this;
    }

    /**
     * Sets the delay after a failure of a category; a longer one that the service asks for takes
     * precedence. Categories other than those below are not retried after a delay. Default: full
     * jitter from base to cap, {@code SERVER} 0.2 s to 10 s, {@code THROTTLED} 1 s to 10 s, {@code
     * IN_PROGRESS} 0.5 s to 5 s, {@code BUSY} 4 s to 30 s, {@code CAPACITY} 5 s to 30 s; and equal
     * jitter for {@code NETWORK}, 0.5 s to 10 s.
     *
     * @throws IllegalArgumentException if {@code category} is not one of these six
     */
    public Builder backoff(Category category, Backoff backoff) {
      if (!backoffs.containsKey(category)) {
        throw new IllegalArgumentException(
            "category must be one that is retried after a delay, was " + category);
      }
      backoffs.put(category, Objects.requireNonNull(backoff, "backoff"));
      return this;
    }

    /**
     * Handles an error code as if it had another category. A second call for the same code replaces
     * the first. Default: none.
     */
    public Builder overrideCategory(String code, Category category) {
      overrides.put(
          Objects.requireNonNull(code, "code"), Objects.requireNonNull(category, "category"));
      return this;
    }

    /**
     * Adds a category whose errors are never retried, for callers that handle them themselves.
     * Default: none.
     */
    public Builder neverRetry(Category category) {
      neverRetried.add(Objects.requireNonNull(category, "category"));
      return this;
    }

    /**
     * Adds a stop signal: no attempt starts after {@code stop} has emitted, completed or failed. A
     * delay ends early, and a queued call of {@code EcsClient} fails with {@code Client.Closed}, or
     * with the error of its previous attempt. A request that was sent runs to its end. Of several
     * signals, the first counts. Default: none.
     *
     * @param stop subscribed to by each attempt and each delay; must replay its end, as {@code
     *     Sinks.empty()} does
     */
    public Builder stopRetryingWhen(Publisher<?> stop) {
      Objects.requireNonNull(stop, "stop");
      // Each attempt subscribes to it: keep the operators few.
      Mono<?> first = stop instanceof Mono<?> mono ? mono : Flux.from(stop).next();
      Mono<Void> stopped = first.onErrorComplete().then();
      this.stopRetryingWhen =
          stopRetryingWhen == null ? stopped : Mono.firstWithSignal(stopRetryingWhen, stopped);
      return this;
    }

    /** Returns the policy. */
    public RetryPolicy build() {
      return new RetryPolicy(this);
    }
  }
}
