/** Tests of the simulator. Null means absent here too. */
@NullMarked
package io.fleetstop.simulator;

import org.jspecify.annotations.NullMarked;
