package io.fleetstop.limit;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter.Permit;

/** What the failure of a call says to its permit. */
final class PermitOutcome {

  private PermitOutcome() {}

  /** Tells {@code permit} what {@code error} says about the quota. */
  static void report(Permit permit, Throwable error) {
    if (!(error instanceof EcsException ecsError)) {
      permit.ignored();
    } else if (ecsError.category() == Category.THROTTLED) {
      permit.throttled(ecsError.retryAfter());
    } else if (ecsError.delivery() == Delivery.REJECTED || ecsError.httpStatus() != null) {
      // The service counted the call and let it in: that is what the quota is about, and the
      // better part of a fleet that is gone already would otherwise look like silence.
      permit.succeeded();
    } else {
      permit.ignored();
    }
  }
}
