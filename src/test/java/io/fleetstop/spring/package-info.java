@NullMarked
package io.fleetstop.spring;

import org.jspecify.annotations.NullMarked;
