package io.fleetstop.retry;

import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
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
 * What to do about a failed try: again, after how long, or not.
 *
 * <p>{@link #decide} is a pure function. {@link #asRetry} puts it to work on any publisher that
 * signals {@code EcsException}. Immutable; change a copy with {@link #mutate()}.
 */
public final class RetryPolicy {

  /**
   * A failed try, with all that the decision rests on.
   *
   * @param errorCode what went wrong
   * @param delivery whether the service may have acted on this try
   * @param repeatable whether the call may be sent again although the service may have acted: a
   *     read, or a change that carries a client token
   * @param failures how many tries of this call have failed, this one included; tries that were
   *     throttled, found the instance busy or the request in progress do not count
   * @param occurrence how many tries have ended in this category, this one included
   * @param elapsed the time since the call began, up to the end of this try
   * @param retryAfter how long the service asks to wait, or {@code null}
   * @param random a number from zero (inclusive) to one (exclusive), for the jitter
   */
  public record Failure(
      ErrorCode errorCode,
      Delivery delivery,
      boolean repeatable,
      int failures,
      int occurrence,
      Duration elapsed,
      @Nullable Duration retryAfter,
      double random) {}

  /** What to do about a failed try. */
  public sealed interface Decision {

    /**
     * Try again.
     *
     * @param delay how long to wait before
     * @param remedy what to mend before, or {@code NONE}
     * @param spendsBudget whether the try costs a retry of the shared budget
     */
    record Retry(Duration delay, Remedy remedy, boolean spendsBudget) implements Decision {}

    /**
     * Give up.
     *
     * @param limit the limit that forbids another try, or {@code null} if the error itself does
     * @param reason why, in words
     */
    record Stop(@Nullable Limit limit, String reason) implements Decision {}
  }

  /** What has to be mended for another try to make sense. */
  public enum Remedy {
    /** Nothing. */
    NONE,
    /** The credentials: the service does not accept the session token any more. */
    REFRESH_CREDENTIALS,
    /** The clock: signatures are dated too far from the service's time. */
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

  /** Every option at its default. */
  public static RetryPolicy defaults() {
    return builder().build();
  }

  /** Starts with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
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

  /** How often a call that fails is tried, the first try included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** How long a call may take, waits and retries included, or {@code null} without end. */
  public @Nullable Duration deadline() {
    return deadline;
  }

  /** How long one exchange may take, from asking for a connection to the end of the reply. */
  public Duration attemptTimeout() {
    return attemptTimeout;
  }

  /** Completes once no further try may begin, or {@code null} if that never happens. */
  public @Nullable Mono<Void> stopRetryingWhen() {
    return stopRetryingWhen;
  }

  /** Decides. Pure: the same failure always gives the same decision. */
  public Decision decide(Failure failure) {
    Category category = effectiveCode(failure.errorCode).category();
    if (neverRetried.contains(category)) {
      return new Decision.Stop(null, category + " is left to the caller");
    }
    return switch (category) {
      case AUTH ->
          isStaleToken(failure)
              ? remedyOnce(failure, Remedy.REFRESH_CREDENTIALS)
              : notRetryable(category);
      case CLOCK -> remedyOnce(failure, Remedy.CORRECT_CLOCK);
      case THROTTLED, BUSY, IN_PROGRESS -> retryUncounted(failure, category);
      case SERVER, NETWORK -> retryCounted(failure, category, true);
      case CAPACITY -> retryCounted(failure, category, false);
      case STATE, CONFLICT, NOT_FOUND, REQUEST, PERMISSION, DRY_RUN_OK, LOCAL ->
          notRetryable(category);
    };
  }

  /**
   * The code with the category that the user has it {@linkplain Builder#overrideCategory treated}
   * as.
   */
  public ErrorCode effectiveCode(ErrorCode errorCode) {
    Category treated = overrides.get(errorCode.code());
    return treated == null || treated == errorCode.category()
        ? errorCode
        : errorCode.withCategory(treated);
  }

  /** Whether tries that end in this category count as failures, and so against the attempts. */
  static boolean countsAsFailure(Category category) {
    return switch (category) {
      case THROTTLED, BUSY, IN_PROGRESS -> false;
      default -> true;
    };
  }

  private static boolean isStaleToken(Failure failure) {
    return failure.errorCode.code().equals(GatewayErrors.INVALID_SECRET_TOKEN.code());
  }

  private static Decision notRetryable(Category category) {
    return new Decision.Stop(null, category + " does not pass by trying again");
  }

  private Decision remedyOnce(Failure failure, Remedy remedy) {
    return failure.occurrence > 1
        ? new Decision.Stop(null, remedy + " was tried once and did not help")
        : withinDeadline(failure, new Decision.Retry(Duration.ZERO, remedy, false));
  }

  private Decision retryUncounted(Failure failure, Category category) {
    return whenSafe(failure, new Decision.Retry(delay(failure, category), Remedy.NONE, false));
  }

  private Decision retryCounted(Failure failure, Category category, boolean spendsBudget) {
    Decision retry = new Decision.Retry(delay(failure, category), Remedy.NONE, spendsBudget);
    return failure.failures >= maxAttempts
        ? new Decision.Stop(Limit.ATTEMPTS, maxAttempts + " attempts are the most")
        : whenSafe(failure, retry);
  }

  private Decision whenSafe(Failure failure, Decision retry) {
    return failure.delivery == Delivery.UNKNOWN && !failure.repeatable
        ? new Decision.Stop(null, "the service may have acted, and would act twice")
        : withinDeadline(failure, retry);
  }

  private Decision withinDeadline(Failure failure, Decision decision) {
    if (deadline == null || !(decision instanceof Decision.Retry retry)) {
      return decision;
    }
    Duration stop = failure.elapsed.plus(retry.delay());
    return stop.compareTo(deadline) < 0
        ? retry
        : new Decision.Stop(
            Limit.DEADLINE, "the next try would start after the deadline of " + deadline);
  }

  private Duration delay(Failure failure, Category category) {
    Backoff backoff = Objects.requireNonNull(backoffs.get(category), "a backoff for each category");
    Duration own = backoff.delay(failure.occurrence, failure.random);
    Duration asked = failure.retryAfter;
    return asked != null && asked.compareTo(own) > 0 ? asked : own;
  }

  /**
   * The policy as a {@code Retry} for any publisher that signals {@code EcsException}; other errors
   * pass through untouched.
   *
   * <p>State is kept per subscription, so that one object serves many. The error of a call that is
   * given up is the last one, with the number of attempts, the {@linkplain
   * io.fleetstop.error.EcsException#delivery() delivery} over all of them, their {@linkplain
   * io.fleetstop.error.EcsException#history() history}, and the limit that ended the call, if one
   * did. Delays run on {@code Schedulers.parallel()}.
   *
   * <p>The deadline counts from subscription and keeps a delay from being started that would end
   * past it. A try that is running is not cut short by it: put a {@code timeout} around each try
   * for that, as {@code EcsClient} does. The end of {@link #stopRetryingWhen} cuts a delay short.
   *
   * <p>A subscription that ends while a try is running, by success or by cancellation, counts as a
   * success for the budget, unless the {@link RetryObserver} knows better.
   *
   * @param repeatable whether the publisher may be subscribed again although the service may have
   *     acted: {@code true} for reads, and for changes that carry the same client token each time
   * @param budget the retries shared with other calls
   */
  public Retry asRetry(boolean repeatable, RetryBudget budget) {
    return asRetry(repeatable, budget, RetryObserver.NONE);
  }

  /** As {@link #asRetry(boolean, RetryBudget)}, and tells {@code observer} of each further try. */
  public Retry asRetry(boolean repeatable, RetryBudget budget, RetryObserver observer) {
    return asRetry(repeatable, budget, observer, Duration.ZERO);
  }

  /**
   * As {@link #asRetry(boolean, RetryBudget, RetryObserver)}, for a call that goes on already.
   *
   * <p>A call that is put behind {@code retryWhen} only once it has failed pays nothing for it
   * until then. It has to signal that first failure anew, and to tell the budget itself of a
   * {@linkplain RetryBudget#recordSuccess() success without retries}.
   *
   * @param elapsed how long the call has taken when the retried publisher is subscribed to
   */
  public Retry asRetry(
      boolean repeatable, RetryBudget budget, RetryObserver observer, Duration elapsed) {
    return new CodeAwareRetry(this, repeatable, budget, observer, elapsed);
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private static final Duration MAX_DEADLINE = Duration.ofDays(365);

    private int maxAttempts = 4;
    private @Nullable Duration deadline = Duration.ofMinutes(2);
    private Duration attemptTimeout = Duration.ofSeconds(10);
    private final Map<Category, Backoff> backoffs = new EnumMap<>(Category.class);
    private final Map<String, Category> overrides = new HashMap<>();
    private final Set<Category> neverRetried = EnumSet.noneOf(Category.class);
    private @Nullable Mono<Void> stopRetryingWhen;

    private Builder() {
      backoffs.put(Category.SERVER, jitter(200, 10_000));
      backoffs.put(Category.NETWORK, jitter(200, 10_000));
      backoffs.put(Category.THROTTLED, jitter(1_000, 10_000));
      backoffs.put(Category.IN_PROGRESS, jitter(500, 5_000));
      backoffs.put(Category.BUSY, jitter(4_000, 30_000));
      backoffs.put(Category.CAPACITY, jitter(5_000, 30_000));
    }

    private static Backoff jitter(long baseMillis, long capMillis) {
      return Backoff.fullJitter(Duration.ofMillis(baseMillis), Duration.ofMillis(capMillis));
    }

    /**
     * How often a call that fails is tried, the first try included, at least 1. Default 4. Tries
     * that were throttled, found the instance busy or the request in progress do not count: the
     * deadline bounds those.
     */
    public Builder maxAttempts(int maxAttempts) {
      if (maxAttempts < 1) {
        throw new IllegalArgumentException("maxAttempts must be at least 1, was " + maxAttempts);
      }
      this.maxAttempts = maxAttempts;
      return this;
    }

    /**
     * How long a call may take, waiting for a permit, delays and retries included. Default 2
     * minutes; resolution 1 ms.
     */
    public Builder deadline(Duration deadline) {
      this.deadline = positive("deadline", deadline);
      return this;
    }

    /** Lets a call take as long as it takes. */
    public Builder noDeadline() {
      this.deadline = null;
      return this;
    }

    /**
     * How long one exchange may take, from asking for a connection to the end of the reply. Default
     * 10 s; resolution 1 ms.
     */
    public Builder attemptTimeout(Duration attemptTimeout) {
      this.attemptTimeout = positive("attemptTimeout", attemptTimeout);
      return this;
    }

    /**
     * How long to wait after a failure of one category, where the service does not ask for more.
     * Defaults, full jitter from base to cap: {@code SERVER} and {@code NETWORK} 0.2 s to 10 s,
     * {@code THROTTLED} 1 s to 10 s, {@code IN_PROGRESS} 0.5 s to 5 s, {@code BUSY} 4 s to 30 s,
     * {@code CAPACITY} 5 s to 30 s. Other categories are not waited for.
     */
    public Builder backoff(Category category, Backoff backoff) {
      if (!backoffs.containsKey(category)) {
        throw new IllegalArgumentException(
            "category must be one that is tried again, was " + category);
      }
      backoffs.put(category, Objects.requireNonNull(backoff, "backoff"));
      return this;
    }

    /** Treats an error code as if it were of another category. */
    public Builder overrideCategory(String code, Category category) {
      overrides.put(Objects.requireNonNull(code, "code"), Objects.requireNonNull(category, "as"));
      return this;
    }

    /** Tries nothing of this category again, for a caller who does so in another way. */
    public Builder neverRetry(Category category) {
      neverRetried.add(Objects.requireNonNull(category, "category"));
      return this;
    }

    /**
     * Lets no try begin once {@code end} has emitted, completed or failed: a delay before another
     * is cut short, and a call of {@code EcsClient} that waits for its permit or its place fails
     * with {@code Client.Closed}, or with the error of the try before. A request on the wire ends
     * by itself. Default never; said more than once, the end that comes first counts.
     *
     * @param stop subscribed to with each try and each delay; has to remember its end, as {@code
     *     Sinks.empty()} does
     */
    public Builder stopRetryingWhen(Publisher<?> stop) {
      // Subscribed to with each try: with as few operators as it can be.
      Mono<?> first = stop instanceof Mono<?> mono ? mono : Flux.from(stop).next();
      Mono<Void> stopped = first.onErrorComplete().then();
      this.stopRetryingWhen =
          stopRetryingWhen == null ? stopped : Mono.firstWithSignal(stopRetryingWhen, stopped);
      return this;
    }

    /** The policy. */
    public RetryPolicy build() {
      return new RetryPolicy(this);
    }

    private static Duration positive(String field, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(MAX_DEADLINE) > 0) {
        throw new IllegalArgumentException(
            field + " must be 1 ms to " + MAX_DEADLINE.toDays() + " days, was " + value);
      }
      return value;
    }
  }
}
