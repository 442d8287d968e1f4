/**
 * Pace: {@link io.fleetstop.limit.RateLimiter}, an operator that lets calls through at a rate and
 * learns from how they end. It depends on {@code io.fleetstop.error} alone and works on any
 * publisher; {@link io.fleetstop.limit.RateLimiterRegistry} shares limiters by what the service
 * counts.
 *
 * <h2>Design notes: the waiting line</h2>
 *
 * <p>One hand-written {@code Subscription} decides between grant and cancel by a compare-and-set;
 * whoever has news serves the line, and the others leave their news to it (a counter of work, no
 * lock). {@code limit} is one operator too, {@code MonoUsingPermit}: composed, it takes five, and
 * {@code usingWhen} has a clean-up for which the outcome waits, where a permit has nothing to wait
 * for. {@code pace} is written by hand because every operator that could carry it takes the element
 * before the permit.
 *
 * <p>Permits are granted evenly. A late timer is made up for, by at most 50 ms of the rate and 8
 * permits, since a machine under load would otherwise never use the rate it was given; more would
 * spend a service's burst, of 10 where it is known, on our own unevenness.
 *
 * <h2>Design notes: finding the quota</h2>
 *
 * <p>What the service does with a call that is too many is all there is to learn from: it says 429
 * at no cost in time, neither queueing nor slowing down first. Limiters that read latency (Vegas
 * and Gradient in Netflix's concurrency-limits, BBR's round-trip time) see nothing here, and a
 * bound on concurrency is no bound on a rate. What is left is loss, a few refusals being the price
 * of knowing, and what got through, which BBR calls the delivery rate.
 *
 * <p>AIMD (Chiu and Jain; {@code AIMDLimit} of concurrency-limits) halves on loss: with a quota
 * that does not queue that leaves a quarter of it unused. CUBIC (RFC 9438) remembers where the loss
 * came and stays near it; the AWS SDK's adaptive mode is CUBIC on a rate, backs off to 0.7 of it,
 * and does so for each throttled reply, calls in flight included. {@link
 * io.fleetstop.limit.AdaptiveRate} keeps CUBIC's shape and changes five things:
 *
 * <ol>
 *   <li>One decision per congestion: calls that were in flight when the rate was lowered, and those
 *       refused within 0.9 s of it, are part of its reason. Most quotas are windows of a second,
 *       and what is refused in the rest of a spent one says nothing about the rate.
 *   <li>The step back is small, and as large as the error is likely to be. A rate that creeps up by
 *       g per second has passed a quota of r per second by sqrt(2g/r) when the first whole call too
 *       many has gone out; twice that much and half a call are taken off. At 500 per second this is
 *       2 per cent, at 20 it is 12, where one call is 5 per cent by itself.
 *   <li>Delivery corrects the decision. A rate found while doubling is no estimate: a fixed window
 *       swallows up to a second at any rate before the first refusal, and the rate may be twice the
 *       quota. A count of the last second lags behind while doubling, so the first decision goes by
 *       the rate at which the refused call was sent; if a tenth of the answers are refusals then,
 *       the estimate becomes what got through. While the rate is steady the count of a second is
 *       right for both kinds of quota, and caps the estimate; it does so at once where a rate that
 *       was just lowered is refused again and is well above the count, or small steps would take
 *       ten seconds to come down from 750 to 500.
 *   <li>Patience ends. After 5.8 s without a refusal the quota must have risen, and the rate
 *       doubles every 0.4 s, from 20 to 80 within a second. If that meets a refusal and no more got
 *       through than before, nothing has changed and the old estimate stands.
 *   <li>A heap is no congestion. When the service, the network or this process stands still, the
 *       calls of that time arrive at once, and a bucket refuses what exceeds its burst at any rate.
 *       Answers that fail to come for ten calls tell of it: refusals of calls that were on their
 *       way then decide nothing, but hold everybody until the burst may be back, and for a second
 *       the count of what got through is not believed. At 500 per second, a stall of 0.2 s in every
 *       7 would cost 15 per cent of the quota without this, and costs 8.
 * </ol>
 *
 * <p>The ramp doubles every 0.5 s up to four times the initial rate and every 0.36 s from there:
 * the time it takes costs 3 per cent of a minute at 500 per second, and faster growth runs further
 * past a low quota within the latency of one call. Only time in which callers wait counts as
 * growth, so that an idle limiter does not wander off to its ceiling. Refusals right after a
 * decision hold everybody for four permits each: in a spent window that saves half of them, and at
 * any rate it costs less than a burst. Retried calls pay for permits like any other; that is why
 * refusals cost rate twice and are worth avoiding at all.
 *
 * <p>Limits: at a quota of 20 per second the 2 per cent of refusals that we aim for are one call in
 * 2.5 s, so a single run may exceed them by a few calls. A service that answers later than a second
 * is followed late. Callers of a kind share a quota, but not evenly.
 */
@NullMarked
package io.fleetstop.limit;

import org.jspecify.annotations.NullMarked;
