/** The client and the fleet against the simulator, over a real connection. */
@NullMarked
package io.fleetstop.simulated;

import org.jspecify.annotations.NullMarked;
