/**
 * Looking on: {@link io.fleetstop.observe.CallListener} hears what becomes of each call, without a
 * say in it; what it may do is add to the context that the call is made in. Of the rest of
 * fleetstop it knows the errors, which it is told of, and nothing else.
 */
@NullMarked
package io.fleetstop.observe;

import org.jspecify.annotations.NullMarked;
