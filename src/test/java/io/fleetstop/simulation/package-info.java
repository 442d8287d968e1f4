/**
 * Deterministic simulation: client, limiter, retry, fleet, waiter and journal run in one thread on
 * simulated time against a model of the service with seeded faults. A seed replays exactly.
 */
@NullMarked
package io.fleetstop.simulation;

import org.jspecify.annotations.NullMarked;
