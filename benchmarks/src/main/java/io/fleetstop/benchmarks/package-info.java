/** What fleetstop costs, and how well it uses a quota, with its peers in the same run. */
package io.fleetstop.benchmarks;
