/**
 * Many instances: {@link io.fleetstop.fleet.FleetShutdown} stops a stream of them and tells of each
 * what became of it, {@link io.fleetstop.fleet.ShutdownRun} is the handle on such a run, and {@link
 * io.fleetstop.fleet.ShutdownJournal} remembers it. It depends on the client, {@code
 * io.fleetstop.model}, {@code io.fleetstop.error} and, for its bounds, {@code io.fleetstop.retry}
 * and {@code io.fleetstop.limit}.
 *
 * <p>Design note: one instance's way is one {@code Mono}, from being taken up to its outcome, and
 * the fleet is a {@code flatMap} over it. How many are open and how many are being called are two
 * bounds: a single one would let waiting take the place of calling. The second is a {@code
 * ConcurrencyLimiter} of {@code io.fleetstop.limit}, which the plan's import table did not foresee:
 * an instance that is called again later needs a place in the same line as those whose turn it is,
 * and two {@code flatMap}s in a row cannot give it one. Busy instances are retried here rather than
 * by the client, so that they hold no place while they wait.
 *
 * <p>Design note: what lets instances be taken up is one gate before that {@code flatMap}: demand,
 * a pause and the end of a wave all hold up the next id there. It is composed of {@code concatMap}
 * without prefetch and a {@code Mono} that looks again at each piece of news, so that no operator
 * had to be written, and no more than one id is read ahead. Demand is counted in instances taken up
 * rather than in calls: an instance may cost several, and who has been taken up owes an outcome.
 *
 * <p>Design note: a pause takes calls back that are not on the wire, by the same {@code until} of
 * the retry policy that ends a run; they keep their places, so that the order stays. A wave is
 * judged when the next one is to begin, with an id at hand: where nothing is left to protect, the
 * outcomes speak for themselves.
 *
 * <p>Design note: of what a run keeps, the set of seen ids alone grows with the fleet. It is exact,
 * because an id that were lost to a filter's false positive would be an instance that runs on.
 *
 * <p>Design note: the journal's intent is taken while the instance holds its place among the calls,
 * not before. It costs a place for the time of one force, and in return those that only wait for
 * their turn when a run is killed need not be asked about.
 *
 * <p>Design note: a look at a waiting instance is due after a tenth of the time in which it has not
 * changed, so that a change is noticed at most that share late, and the first ten minutes cost some
 * fifty looks instead of three hundred. A backoff that doubles would be late by as long as the wait
 * was.
 */
@NullMarked
package io.fleetstop.fleet;

import org.jspecify.annotations.NullMarked;
