/**
 * The client: {@link io.fleetstop.EcsClient} calls ECS with signing, rate limits and retries. This
 * package combines the others; only {@code fleet} and the edges depend on it.
 *
 * <p>Design note: {@code CallExecution} is the order of concerns from top to bottom. The classes of
 * a call form a line, in which each uses only those to its right: {@code CallExecution}, {@code
 * TimeLimitedAttempt}, {@code CallState}, {@code CallAttempt}, {@code ActionCodec}. A retry needs a
 * permit as the first attempt does. Signing follows all waiting, so that the date in the signature
 * is fresh.
 *
 * <p>Design note: a whole call costs little more than Reactor Netty's bare request, because a call
 * that succeeds at once passes seven operators instead of forty: retries are added only after a
 * failure. Three of the seven are hand-written, each with its figure: {@code TimeLimitedAttempt}
 * here, {@code MonoUsingPermit} in {@code limit}, and {@code ExchangeSubscriber} in {@code
 * transport}.
 */
@NullMarked
package io.fleetstop;

import org.jspecify.annotations.NullMarked;
