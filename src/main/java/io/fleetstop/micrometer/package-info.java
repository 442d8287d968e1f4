/**
 * Metrics and traces with Micrometer, an optional dependency that no other package uses. {@link
 * io.fleetstop.micrometer.ObservationCallListener} creates one observation for each call; {@link
 * io.fleetstop.micrometer.RateLimiterMetrics}, {@link io.fleetstop.micrometer.ClientMetrics} and
 * {@link io.fleetstop.micrometer.FleetMetrics} show pace, connections and fleets. {@link
 * io.fleetstop.micrometer.FleetstopObservation} and {@link io.fleetstop.micrometer.FleetstopMeter}
 * list every name.
 *
 * <p>Design note: a call with all its attempts is one observation, and so one span of kind {@code
 * CLIENT}, as in the SDKs of other clouds; requests sent and retries with their codes are events of
 * it. A span for each request is what an instrumented transport would add: it finds the observation
 * of the call in the context, as its parent. The parent of the call is the observation in the
 * subscriber's context, never that of the thread, which may serve another call when a permit is
 * granted. No trace headers are sent: the service reads none, and the trace ids of a caller are
 * private.
 */
@NullMarked
package io.fleetstop.micrometer;

import org.jspecify.annotations.NullMarked;
