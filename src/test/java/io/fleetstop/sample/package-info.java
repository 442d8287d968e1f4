/**
 * A Spring Boot application that stops fleets, to copy from: {@link
 * io.fleetstop.sample.SampleApplication}. It knows fleetstop by its public types alone.
 */
@NullMarked
package io.fleetstop.sample;

import org.jspecify.annotations.NullMarked;
