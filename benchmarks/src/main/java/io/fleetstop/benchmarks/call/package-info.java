/** What a whole call costs over a real connection, with the peers in the same run. */
package io.fleetstop.benchmarks.call;
