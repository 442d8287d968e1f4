/**
 * Pace: {@link io.fleetstop.limit.RateLimiter}, an operator that limits the rate of calls, and
 * adapts it to their results. It depends on {@code io.fleetstop.error} alone and works on any
 * publisher; {@link io.fleetstop.limit.RateLimiterRegistry} shares limiters by the scope of a
 * quota.
 *
 * <h2>Design notes: the queue</h2>
 *
 * <p>One hand-written {@code Subscription} decides between grant and cancel by a compare-and-set. A
 * drain loop with a work-in-progress counter serialises grants, without a lock. {@code limit} is
 * one operator too, {@code MonoUsingPermit}: composed, it takes five, and the clean-up of {@code
 * usingWhen} delays the result, where a permit needs no waiting. {@code pace} is written by hand
 * because every operator that could carry it takes the element before the permit.
 *
 * <p>Permits are granted evenly. A late timer is caught up by at most 50 ms of the rate and 8
 * permits, since a machine under load would otherwise never use its configured rate; more would
 * spend the burst of the service, 10 where it is known, on our own jitter.
 *
 * <h2>Design notes: finding the quota</h2>
 *
 * <p>The only signal is the rejection of excess calls: the service answers 429 immediately, without
 * queueing or slowing down first. Limiters that read latency (Vegas and Gradient in Netflix's
 * concurrency-limits, BBR's round-trip time) see nothing here, and a bound on concurrency is no
 * bound on a rate. Two signals remain: loss, with a few throttled calls as the price of knowing,
 * and the delivery rate of BBR.
 *
 * <p>AIMD (Chiu and Jain; {@code AIMDLimit} of concurrency-limits) halves on loss: with a quota
 * that does not queue, a quarter of it stays unused. CUBIC (RFC 9438) remembers where the loss
 * occurred and stays near it; the AWS SDK's adaptive mode is CUBIC on a rate, backs off to 0.7 of
 * it, and does so for each throttled reply, calls in flight included. {@link
 * io.fleetstop.limit.AdaptiveRate} keeps the shape of CUBIC and changes five rules:
 *
 * <ol>
 *   <li>One decrease per congestion epoch: throttles of calls that were in flight at the decrease,
 *       and those within 0.9 s of it, belong to its cause. Most quotas are windows of a second, and
 *       throttles in the rest of a spent window carry no information about the rate.
 *   <li>The decrease is small, and as large as the likely error. A rate that grows by g per second
 *       has exceeded a quota of r per second by sqrt(2g/r) when the first excess call is sent;
 *       twice that and half a call are subtracted. At 500 per second this is 2 per cent, at 20 it
 *       is 12, where one call alone is 5 per cent.
 *   <li>The delivery rate corrects the decrease. A rate found while doubling is no estimate: a
 *       fixed window accepts up to a second at any rate before the first throttle, and the rate may
 *       be twice the quota. The count of the last second lags behind while doubling, so the first
 *       decrease uses the rate at which the throttled call was sent; if a tenth of the replies are
 *       throttles then, the estimate becomes the delivery rate. While the rate is steady the count
 *       of a second is valid for both kinds of quota, and caps the estimate; it does so at once if
 *       a rate that was just lowered is throttled again and is well above the count, or small steps
 *       would take ten seconds to come down from 750 to 500.
 *   <li>Steady state ends. After 5.8 s without a throttle the quota is assumed to have risen, and
 *       the rate doubles every 0.4 s, from 20 to 80 within a second. If that is throttled and no
 *       more was accepted than before, nothing has changed and the old estimate stands.
 *   <li>A burst after a stall is no congestion. After a stall of the service, the network or this
 *       process, the calls of that time arrive at once, and a bucket rejects what exceeds its burst
 *       at any rate. Replies missing for ten calls reveal a stall: throttles of calls that were in
 *       flight then cause no decrease, and for a second the count of accepted calls is not used. At
 *       500 per second, a stall of 0.2 s in every 7 would cost 15 per cent of the quota without
 *       this rule, and costs 8.
 * </ol>
 *
 * <p>Slow start doubles every 0.5 s up to four times the initial rate and every 0.36 s from there:
 * its duration costs 3 per cent of a minute at 500 per second, and faster growth overshoots a low
 * quota further within the latency of one call. Only time with queued callers counts as growth, so
 * that an idle limiter does not drift to its ceiling. Throttles right after a decrease hold all
 * callers for four permits each: in a spent window that avoids half of them, and at any rate it
 * costs less than a burst. A retry needs a permit, which is why throttles cost rate twice.
 *
 * <p>{@code AdaptiveAblationTest} takes each rule out in turn and measures the quota used and the
 * calls refused without it, for eleven kinds of quota; the performance page has its table. A rule
 * that is worth less than 0.2 points in all of them is not kept.
 *
 * <p>Limits: at a quota of 20 per second the target of 2 per cent throttled calls is one call in
 * 2.5 s, so a single run may exceed it by a few calls. A service that answers later than a second
 * is followed late. Several limiters of this kind share a quota, but not evenly.
 */
@NullMarked
package io.fleetstop.limit;

import org.jspecify.annotations.NullMarked;
