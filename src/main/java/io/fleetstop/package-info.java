/**
 * The client: {@link io.fleetstop.EcsClient} calls ECS, one signed, paced and retried call at a
 * time. This package ties the others together; only {@code fleet} and the edges depend on it.
 *
 * <p>Design note: the order of concerns around one attempt is written once, in {@code Call}. A
 * retry pays for its permit like any try, and signing comes after all waiting, so that the date in
 * the signature is fresh.
 */
@NullMarked
package io.fleetstop;

import org.jspecify.annotations.NullMarked;
