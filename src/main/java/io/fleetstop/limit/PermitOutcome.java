package io.fleetstop.limit;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter.Permit;

/** Maps the failure of a call to its permit. */
final class PermitOutcome {

  private PermitOutcome() {}

  /** Reports {@code error} to {@code permit} by its meaning for the quota. */
  static void report(Permit permit, Throwable error) {
    if (!(error instanceof EcsException ecsError)) {
      permit.ignored();
    } else if (ecsError.category() == Category.THROTTLED) {
      permit.throttled(ecsError.retryAfter());
    } else if (ecsError.retryAfter() != null || ecsError.errorCode().isGatewayOverload()) {
      permit.overloaded(ecsError.retryAfter());
    } else if (ecsError.delivery() == Delivery.REJECTED || ecsError.httpStatus() != null) {
      // The service counted and answered the call, which is what the quota limits. Otherwise a
      // fleet whose instances are mostly gone would look like a stall.
      permit.succeeded();
    } else {
      permit.ignored();
    }
  }
}
