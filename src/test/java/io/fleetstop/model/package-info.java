@NullMarked
package io.fleetstop.model;

import org.jspecify.annotations.NullMarked;
