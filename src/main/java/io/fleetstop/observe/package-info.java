/**
 * Looking on: {@link io.fleetstop.observe.CallListener} hears what becomes of each call, without a
 * say in it. It depends on {@code io.fleetstop.error} alone.
 */
@NullMarked
package io.fleetstop.observe;

import org.jspecify.annotations.NullMarked;
