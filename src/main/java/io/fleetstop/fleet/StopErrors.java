package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;

/** Classifies the errors of stop calls for a run. Pure functions. */
final class StopErrors {

  private StopErrors() {}

  /** How often the stop was tried, without the tries whose turn did not come. */
  static int attempts(EcsException error) {
    int tries = error.attempts();
    for (EcsException.Attempt attempt : error.history()) {
      tries -= isUnsent(attempt) ? 1 : 0;
    }
    return tries;
  }

  private static boolean isUnsent(EcsException.Attempt attempt) {
    return attempt.delivery() == Delivery.NOT_SENT
        && (attempt.errorCode().equals(ClientErrors.QUEUE_TIMEOUT)
            || attempt.errorCode().equals(ClientErrors.RATE_LIMITER_FULL)
            || attempt.errorCode().equals(ClientErrors.CLOSED));
  }

  /** Whether nothing has come of the call so far, and it would have been tried again. */
  static boolean isStoppedByCaller(EcsException error) {
    return error.exhaustedLimit() == Limit.CALLER && error.delivery() != Delivery.UNKNOWN;
  }

  /** Whether the service may have carried out what it was asked to check only. */
  static boolean isUnexpectedSuccess(EcsException error) {
    return error.errorCode().code().equals(ClientErrors.UNEXPECTED_SUCCESS.code());
  }

  /**
   * Whether the call's time went by in line, being throttled, or with what its turn had left: the
   * instance itself was not refused.
   */
  static boolean isLocallyStarved(EcsException error) {
    return error.exhaustedLimit() == Limit.DEADLINE
        && (isQueueTimeout(error)
            || error.errorCode().equals(ClientErrors.DEADLINE_EXCEEDED)
            || error.category() == Category.THROTTLED);
  }

  /** Whether no turn came: however low the pace, such an instance was not refused either. */
  static boolean isQueueTimeout(EcsException error) {
    return error.errorCode().equals(ClientErrors.QUEUE_TIMEOUT)
        && error.delivery() == Delivery.NOT_SENT;
  }

  /** Whether the limiter's line was full, and nothing that came before can have had an effect. */
  static boolean isQueueFull(EcsException error) {
    return error.errorCode().equals(ClientErrors.RATE_LIMITER_FULL)
        && error.delivery() != Delivery.UNKNOWN;
  }

  /** Whether the instance's state has a say in what the refusal means. */
  static boolean dependsOnState(EcsException error) {
    return error.category() == Category.STATE
        || error.errorCode().equals(EcsErrors.INVALID_STOPPED_MODE_CONFLICT);
  }
}
