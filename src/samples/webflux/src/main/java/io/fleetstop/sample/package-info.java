/**
 * A Spring Boot application that stops fleets, as a template: {@link
 * io.fleetstop.sample.SampleApplication}. It uses only fleetstop's public types.
 */
@NullMarked
package io.fleetstop.sample;

import org.jspecify.annotations.NullMarked;
