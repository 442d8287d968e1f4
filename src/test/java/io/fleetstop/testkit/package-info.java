@NullMarked
package io.fleetstop.testkit;

import org.jspecify.annotations.NullMarked;
