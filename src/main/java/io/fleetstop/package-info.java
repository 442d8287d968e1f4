/**
 * The client: {@link io.fleetstop.EcsClient} calls ECS, one signed, paced and retried call at a
 * time. This package ties the others together; only {@code fleet} and the edges depend on it.
 *
 * <p>Design note: the order of concerns is written once, around a call in {@code Call} and around
 * one of its attempts in {@code CallAttempt}. A retry pays for its permit like any try, and signing
 * comes after all waiting, so that the date in the signature is fresh.
 *
 * <p>Design note: a whole call costs little more than Reactor Netty's bare request, because a call
 * that goes well passes seven operators instead of forty. Retries are put around it only when it
 * has failed. Three of the seven are written by hand, each with its figure: {@code AttemptMono}
 * here, {@code MonoUsingPermit} in {@code limit}, and {@code Passage} in {@code transport}.
 */
@NullMarked
package io.fleetstop;

import org.jspecify.annotations.NullMarked;
