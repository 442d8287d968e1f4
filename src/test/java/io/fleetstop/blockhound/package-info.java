@NullMarked
package io.fleetstop.blockhound;

import org.jspecify.annotations.NullMarked;
