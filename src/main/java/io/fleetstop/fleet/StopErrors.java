package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.StopStep.Cause;
import org.jspecify.annotations.Nullable;

/** Classifies the errors of calls for a run. Pure functions. */
final class StopErrors {

  private StopErrors() {}

  /** Returns the number of attempts that were sent. */
  static int attempts(EcsException error) {
    int attempts = error.attempts();
    for (EcsException.Attempt attempt : error.history()) {
      attempts -= isUnsent(attempt) ? 1 : 0;
    }
    return attempts;
  }

  private static boolean isUnsent(EcsException.Attempt attempt) {
    return attempt.delivery() == Delivery.NOT_SENT
        && (attempt.errorCode().equals(ClientErrors.QUEUE_TIMEOUT)
            || attempt.errorCode().equals(ClientErrors.RATE_LIMITER_FULL)
            || attempt.errorCode().equals(ClientErrors.CLOSED));
  }

  /** Whether the caller stopped the call before it took effect, and it would have been retried. */
  static boolean isStoppedByCaller(EcsException error) {
    return error.exhaustedLimit() == Limit.CALLER && error.delivery() != Delivery.UNKNOWN;
  }

  /** Whether the service may have executed a dry run. */
  static boolean isUnexpectedSuccess(EcsException error) {
    return error.errorCode().code().equals(ClientErrors.UNEXPECTED_SUCCESS.code());
  }

  /**
   * Whether the deadline passed in a queue, soon after it, or by throttling: the instance itself
   * was not rejected.
   */
  static boolean isLocallyStarved(EcsException error) {
    boolean atDeadline = error.exhaustedLimit() == Limit.DEADLINE;
    return error.exhaustedLimit() == Limit.QUEUE
        || (atDeadline && (isQueueTimeout(error) || error.category() == Category.THROTTLED));
  }

  /** Whether the service had the time of the deadline, and another call would exceed it. */
  static boolean isDeadlineSpent(EcsException error) {
    return error.exhaustedLimit() == Limit.DEADLINE && !isLocallyStarved(error);
  }

  /** Whether no permit was granted before the deadline: the instance itself was not rejected. */
  static boolean isQueueTimeout(EcsException error) {
    return error.errorCode().equals(ClientErrors.QUEUE_TIMEOUT)
        && error.delivery() == Delivery.NOT_SENT;
  }

  /** Returns why the instance is called again slowly, or {@code null} if it is not. */
  static @Nullable Cause slowCause(EcsException error, Operation operation) {
    if (error.category() == Category.BUSY) {
      return Cause.BUSY;
    }
    return error.category() == Category.CAPACITY && operation == Operation.START
        ? Cause.CAPACITY
        : null;
  }

  /** Whether the queue of the limiter was full, and no earlier attempt can have taken effect. */
  static boolean isQueueFull(EcsException error) {
    return error.errorCode().equals(ClientErrors.RATE_LIMITER_FULL)
        && error.delivery() != Delivery.UNKNOWN;
  }

  /** Whether the meaning of the rejection depends on the state of the instance. */
  static boolean dependsOnState(EcsException error) {
    return error.category() == Category.STATE
        || error.errorCode().equals(EcsErrors.INVALID_STOPPED_MODE_CONFLICT);
  }

  /** Whether the error applies to every further instance. */
  static boolean endsRun(EcsException error) {
    return error.category() == Category.AUTH || StopErrors.isUnexpectedSuccess(error);
  }

  static EcsException budgetExhausted(String detail) {
    return EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT)
        .detail(detail)
        .build();
  }
}
