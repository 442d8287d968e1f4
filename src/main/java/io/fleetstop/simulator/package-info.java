/**
 * A simulated ECS service on a loopback port for tests, rehearsals and demonstrations: {@link
 * io.fleetstop.simulator.EcsSimulator}, with configurable quotas, faults and instances. It depends
 * on {@code io.fleetstop.error} and {@code io.fleetstop.model} only.
 *
 * <p>Design note: the simulator shares no signing or parsing code with the client, so that it can
 * detect the client's mistakes. Instances have no timers: their state is derived from the
 * scheduler's time on access, which keeps ten thousand of them cheap and virtual time exact.
 */
@NullMarked
package io.fleetstop.simulator;

import org.jspecify.annotations.NullMarked;
