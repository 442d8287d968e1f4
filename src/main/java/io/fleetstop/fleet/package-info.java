/**
 * Many instances: {@link io.fleetstop.fleet.FleetShutdown} stops a stream of them and tells of each
 * what became of it. It depends on the client, {@code io.fleetstop.model} and {@code
 * io.fleetstop.error}.
 *
 * <p>Design note: one instance's way is one {@code Mono}, from its first call to its outcome, and
 * the fleet is a {@code flatMap} over it. Calls are bounded by the client, which holds a place only
 * while a request is on the wire; the fleet bounds how many instances are open, most of which wait.
 * A single bound would let waiting take the place of calling.
 */
@NullMarked
package io.fleetstop.fleet;

import org.jspecify.annotations.NullMarked;
