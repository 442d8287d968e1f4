/**
 * Observation: {@link io.fleetstop.observe.CallListener} receives the events of each call. It can
 * add to the context of the call and cannot change its outcome. Errors are the only types of
 * fleetstop that it uses.
 */
@NullMarked
package io.fleetstop.observe;

import org.jspecify.annotations.NullMarked;
