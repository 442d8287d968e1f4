/**
 * Trying again: {@link io.fleetstop.retry.RetryPolicy} decides, as a pure function of what went
 * wrong, and offers the decision as a Reactor {@code Retry} for any publisher. It depends on {@code
 * io.fleetstop.error} alone.
 *
 * <p>Design note: failing and being asked to wait are not the same. Attempts and the shared {@link
 * io.fleetstop.retry.RetryBudget} bound how often something that failed is tried again; throttling,
 * a busy instance and a request still in progress are waited out until the deadline, and spend
 * neither. Jitter is full, uniform from zero, which the backoff of Reactor itself does not offer.
 */
@NullMarked
package io.fleetstop.retry;

import org.jspecify.annotations.NullMarked;
