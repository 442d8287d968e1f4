/** Tests of the poller. */
@NullMarked
package io.fleetstop.poll;

import org.jspecify.annotations.NullMarked;
