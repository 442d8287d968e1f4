/**
 * A test kit for applications: a JUnit extension and a Spring Boot test slice that start the {@link
 * io.fleetstop.simulator.EcsSimulator simulator} and connect a client to it, assertions on what
 * reached it, and the contract of journals that applications implement. Its libraries are those of
 * a test; no class of the other packages refers to it.
 */
@NullMarked
package io.fleetstop.testkit;

import org.jspecify.annotations.NullMarked;
