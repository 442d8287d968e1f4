/**
 * Metrics and traces by Micrometer, an optional dependency that no other package of fleetstop
 * knows. {@link io.fleetstop.micrometer.ObservationCallListener} makes one observation of each
 * call; {@link io.fleetstop.micrometer.RateLimiterMetrics}, {@link
 * io.fleetstop.micrometer.ClientMetrics} and {@link io.fleetstop.micrometer.FleetMetrics} show
 * pace, connections and fleets. {@link io.fleetstop.micrometer.FleetstopObservation} and {@link
 * io.fleetstop.micrometer.FleetstopMeter} list every name.
 *
 * <p>Design note: a call with all its tries is one observation, and so one span of kind {@code
 * CLIENT}, as the SDKs of other clouds have it; what happens in between, a request that leaves, a
 * retry and its reason, are events of it. A span for each request is what an instrumented transport
 * would add: it finds the observation of the call in the context, as its parent. The parent of the
 * call is the observation in the subscriber's context, never that of the thread, which may serve
 * somebody else when a permit is granted. No trace headers are sent: the service reads none, and
 * the names of a caller's traces are none of its business.
 */
@NullMarked
package io.fleetstop.micrometer;

import org.jspecify.annotations.NullMarked;
