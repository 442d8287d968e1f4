/**
 * Describes instances for all callers of a client: {@link io.fleetstop.poll.InstancePoller} puts up
 * to 100 ids of any number of callers into one {@code DescribeInstances}. {@link
 * io.fleetstop.poll.StateWaiter} waits for a state of each. The package depends on {@code
 * io.fleetstop.model} and {@code io.fleetstop.error}.
 *
 * <p>Design note: the poller is one drain loop, as the limiters are. Everything that happens (a
 * target is added or removed, a poll ends, the timer fires) is an event; the thread that finds the
 * loop idle handles all of them. So neither the index of due times nor a target is locked, and a
 * target that is added during a poll of its own thread is handled by the loop, not by recursion.
 * Composed of operators, each target would have cost a subscription to a shared signal, and each
 * poll a pass over all targets.
 *
 * <p>Design note: a describe call is shared by callers whose credentials have the same access key,
 * since the key decides what the service shows. Equal contexts would be too narrow: each request of
 * a web application has a context of its own, with a trace for example, and 200 runs of one
 * instance would cost 200 polls instead of two. The context of any target of the call is good
 * enough for it, because its key is that of the others. The key is resolved when a context comes
 * into use, not for each poll; a key that is replaced during a run only ends the sharing with later
 * runs.
 */
@NullMarked
package io.fleetstop.poll;

import org.jspecify.annotations.NullMarked;
