/**
 * What can be asked of ECS and what it answers: {@link io.fleetstop.model.EcsAction} and the
 * actions that fleetstop ships. It depends on {@code io.fleetstop.error} alone; how a reply is
 * parsed is not its concern.
 *
 * <p>Design note: requests are checked when they are built, so that a bad value is reported with
 * its field and rule before anything is signed or sent.
 */
@NullMarked
package io.fleetstop.model;

import org.jspecify.annotations.NullMarked;
