/**
 * Describes instances for all callers of a client: {@link io.fleetstop.poll.InstancePoller} puts up
 * to 100 ids of any number of callers into one {@code DescribeInstances}. Each {@link
 * io.fleetstop.poll.PollSubscriber} interprets the polls of its instance. The package depends on
 * {@code io.fleetstop.model} and {@code io.fleetstop.error}.
 *
 * <p>Design note: the poller is one drain loop, as the limiters are. Everything that happens (a
 * target is added or removed, a poll ends, the timer fires) is an event; the thread that finds the
 * loop idle handles all of them. So neither the index of due times nor a target is locked, and a
 * target that is added during a poll of its own thread is handled by the loop, not by recursion.
 * Composed of operators, each target would have cost a subscription to a shared signal, and each
 * poll a pass over all targets.
 */
@NullMarked
package io.fleetstop.poll;

import org.jspecify.annotations.NullMarked;
