/**
 * Pace: {@link io.fleetstop.limit.RateLimiter}, an operator that lets calls through at a rate and
 * learns from how they end. It depends on {@code io.fleetstop.error} alone and works on any
 * publisher.
 */
@NullMarked
package io.fleetstop.limit;

import org.jspecify.annotations.NullMarked;
