@NullMarked
package io.fleetstop.error;

import org.jspecify.annotations.NullMarked;
