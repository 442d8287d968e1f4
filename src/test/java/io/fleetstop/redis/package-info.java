@NullMarked
package io.fleetstop.redis;

import org.jspecify.annotations.NullMarked;
