/**
 * Many instances: {@link io.fleetstop.fleet.FleetShutdown} stops a stream of instances and reports
 * each outcome, {@link io.fleetstop.fleet.ShutdownRun} controls one run, and {@link
 * io.fleetstop.fleet.ShutdownJournal} records it. The package depends on the client, {@code
 * io.fleetstop.model}, {@code io.fleetstop.error} and, for its bounds, {@code io.fleetstop.retry}
 * and {@code io.fleetstop.limit}.
 *
 * <p>Design note: one instance is one {@code Mono}, from its start to its outcome, and the fleet is
 * a merge over it, {@code FluxFlatMapMono}, in constant time for each outcome. Since it may be
 * awaited for minutes, it retains only its active stage: {@code MonoStages} subscribes to one after
 * another, and the waits of a run share one timer. Open instances and calls in flight have separate
 * bounds: with a single one, waiting instances would occupy the capacity for calls. The second
 * bound is a {@code ConcurrencyLimiter} of {@code io.fleetstop.limit}: an instance that is retried
 * later queues for the same slots as new ones, which two consecutive {@code flatMap}s cannot
 * express. Busy instances are retried here rather than by the client, so that they hold no slot
 * while they wait.
 *
 * <p>Design note: one gate before that merge admits instances: demand, a pause and the end of a
 * wave all hold the next id there. It is composed of {@code concatMap} without prefetch and a
 * {@code Mono} that evaluates the condition again after each change, so that no operator had to be
 * written, and at most one id is read ahead. Demand is counted in started instances rather than in
 * calls: an instance may need several calls, and every started instance owes an outcome.
 *
 * <p>Design note: the last condition of that gate is a slot among the open instances of all runs of
 * the client, queued for at a {@code ConcurrencyLimiter} like the slots of calls: each run has at
 * most one instance in that queue, and is served in turn. A run without demand waits in its own
 * gate, and holds none. A slot is returned with the outcome, and the end of a run returns the rest.
 *
 * <p>Design note: a pause takes back calls that are not sent yet, by the same setting of the retry
 * policy that stops a run; they keep their slots, so that the order is kept. A wave is evaluated
 * when the next one is about to start, with an id at hand: without further ids there is nothing to
 * protect.
 *
 * <p>Design note: only the set of seen ids grows with the fleet. It is exact, because an id lost to
 * a false positive of a filter would be an instance that keeps running.
 *
 * <p>Design note: the intent is recorded while the instance holds its slot, not before. It costs a
 * slot for the duration of one force, and in return instances that were only queued when a run is
 * killed need not be described.
 *
 * <p>Design note: the next poll of a waiting instance is due after a tenth of its unchanged time,
 * so that a change is detected late by at most that fraction, and the first ten minutes cost some
 * fifty polls instead of three hundred. An exponential backoff would be late by the whole wait.
 */
@NullMarked
package io.fleetstop.fleet;

import org.jspecify.annotations.NullMarked;
