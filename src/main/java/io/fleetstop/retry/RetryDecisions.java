package io.fleetstop.retry;

import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.error.Printable;
import io.fleetstop.retry.RetryPolicy.Decision;
import io.fleetstop.retry.RetryPolicy.Failure;
import io.fleetstop.retry.RetryPolicy.Remedy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What follows a failure, by the category of its error. Pure functions. */
final class RetryDecisions {

  /** A service may ask for any delay, and one of centuries overflows in nanoseconds. */
  private static final Duration LONGEST_ASKED = Duration.ofDays(365);

  private RetryDecisions() {}

  /**
   * Decides what follows a failure whose category may be retried.
   *
   * @param backoff the delays of the category, or {@code null} if it is not retried after a delay
   */
  static Decision decide(RetryPolicy policy, Failure failure, @Nullable Backoff backoff) {
    ErrorCode errorCode = policy.effectiveCode(failure.errorCode());
    Category category = errorCode.category();
    return switch (category) {
      case AUTH ->
          isStaleToken(failure)
              ? remedyOnce(policy, failure, Remedy.REFRESH_CREDENTIALS)
              : notRetryable(category);
      case CLOCK -> remedyOnce(policy, failure, Remedy.CORRECT_CLOCK);
      case THROTTLED, BUSY, IN_PROGRESS -> retryUncounted(policy, failure, backoff);
      case SERVER, NETWORK ->
          countsAsFailure(errorCode, failure.delivery(), failure.reached())
              // A request that was not sent is no load for a service that is down.
              ? retryCounted(policy, failure, backoff, failure.delivery() != Delivery.NOT_SENT)
              : retryUncounted(policy, failure, backoff);
      case CAPACITY -> retryCounted(policy, failure, backoff, false);
      case STATE, CONFLICT, NOT_FOUND, REQUEST, PERMISSION, DRY_RUN_OK, LOCAL ->
          notRetryable(category);
    };
  }

  /**
   * Whether attempts that end in this error count against {@link RetryPolicy#maxAttempts()}. The
   * overload of a gateway and an outage of the network do not, as throttling does not: they pass,
   * and the deadline bounds them.
   */
  static boolean countsAsFailure(ErrorCode errorCode, Delivery delivery, boolean reached) {
    return switch (errorCode.category()) {
      case THROTTLED, BUSY, IN_PROGRESS -> false;
      case SERVER -> !errorCode.isGatewayOverload();
      case NETWORK -> delivery != Delivery.NOT_SENT || !reached;
      default -> true;
    };
  }

  private static boolean isStaleToken(Failure failure) {
    return failure.errorCode().code().equals(GatewayErrors.INVALID_SECRET_TOKEN.code());
  }

  private static Decision notRetryable(Category category) {
    return new Decision.Stop(null, category + " is not retryable");
  }

  private static Decision remedyOnce(RetryPolicy policy, Failure failure, Remedy remedy) {
    return failure.occurrence() > 1
        ? new Decision.Stop(null, remedy + " was applied once without effect")
        : withinDeadline(policy, failure, new Decision.Retry(Duration.ZERO, remedy, false));
  }

  private static Decision retryUncounted(
      RetryPolicy policy, Failure failure, @Nullable Backoff backoff) {
    return whenSafe(
        policy, failure, new Decision.Retry(delay(failure, backoff), Remedy.NONE, false));
  }

  private static Decision retryCounted(
      RetryPolicy policy, Failure failure, @Nullable Backoff backoff, boolean spendsBudget) {
    int most = policy.maxAttempts();
    return failure.failures() >= most
        ? new Decision.Stop(Limit.ATTEMPTS, most + " attempts are the limit")
        : whenSafe(
            policy,
            failure,
            new Decision.Retry(delay(failure, backoff), Remedy.NONE, spendsBudget));
  }

  private static Decision whenSafe(RetryPolicy policy, Failure failure, Decision.Retry retry) {
    return failure.delivery() == Delivery.UNKNOWN && !failure.repeatable()
        ? new Decision.Stop(null, "the service may have acted, and a repetition would act twice")
        : withinDeadline(policy, failure, retry);
  }

  private static Decision withinDeadline(
      RetryPolicy policy, Failure failure, Decision.Retry retry) {
    Duration deadline = policy.deadline();
    return deadline == null || failure.elapsed().plus(retry.delay()).compareTo(deadline) < 0
        ? retry
        : new Decision.Stop(
            Limit.DEADLINE,
            "the next attempt would start after the deadline of " + Printable.duration(deadline));
  }

  private static Duration delay(Failure failure, @Nullable Backoff backoff) {
    Duration own =
        Objects.requireNonNull(backoff, "a backoff for each category")
            .delay(failure.occurrence(), failure.random());
    Duration asked = failure.retryAfter();
    if (asked == null || asked.compareTo(own) <= 0) {
      return own;
    }
    return asked.compareTo(LONGEST_ASKED) < 0 ? asked : LONGEST_ASKED;
  }
}
