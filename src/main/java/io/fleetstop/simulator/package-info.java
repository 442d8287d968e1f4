/**
 * The documented service on a loopback port, for tests, rehearsals and demonstrations: {@link
 * io.fleetstop.simulator.EcsSimulator}, with the quota, the faults and the instances it is told to
 * have. Of fleetstop it knows {@code io.fleetstop.error} and {@code io.fleetstop.model} alone.
 *
 * <p>Design note: it checks signatures with code of its own and reads raw queries, so that it can
 * disagree with the client it is called by. Instances hold no timers; what state one is in follows
 * from the scheduler's time whenever somebody looks, which is what makes ten thousand of them cheap
 * and virtual time exact.
 */
@NullMarked
package io.fleetstop.simulator;

import org.jspecify.annotations.NullMarked;
