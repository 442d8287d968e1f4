/** How long the command line takes from its start to its first request. */
package io.fleetstop.benchmarks.startup;
