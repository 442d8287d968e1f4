@NullMarked
package io.fleetstop.arch;

import org.jspecify.annotations.NullMarked;
