/** The samples of the README, compiled and run. */
@NullMarked
package io.fleetstop.samples;

import org.jspecify.annotations.NullMarked;
