/**
 * Retries: {@link io.fleetstop.retry.RetryPolicy} decides as a pure function of the failure, and
 * offers the decision as a Reactor {@code Retry} for any publisher. Depends on {@code
 * io.fleetstop.error} only.
 *
 * <p>Design note: a failure and a request to wait are bounded differently. The maximum of attempts
 * and the shared {@link io.fleetstop.retry.RetryBudget} bound the retries of failures; throttling,
 * a busy instance and a request in progress are waited out until the deadline and spend neither.
 * Jitter is full, uniform from zero, which Reactor's own backoff does not offer.
 */
@NullMarked
package io.fleetstop.retry;

import org.jspecify.annotations.NullMarked;
