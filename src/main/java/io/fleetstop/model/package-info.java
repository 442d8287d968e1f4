/**
 * Requests to ECS and their results: {@link io.fleetstop.model.EcsAction} and the actions that
 * fleetstop ships. Depends on {@code io.fleetstop.error} only, and not on how replies are parsed.
 *
 * <p>Design note: requests are validated when they are built, so that a bad value is reported with
 * its field and rule before anything is signed or sent.
 */
@NullMarked
package io.fleetstop.model;

import org.jspecify.annotations.NullMarked;
