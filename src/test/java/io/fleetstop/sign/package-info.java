@NullMarked
package io.fleetstop.sign;

import org.jspecify.annotations.NullMarked;
