/**
 * What every test runs under: Netty's leak detector, which fails the build, clean Reactor hooks, a
 * fixed random order and a time limit. Registered in {@code META-INF/services} and set in {@code
 * junit-platform.properties}.
 */
@NullMarked
package io.fleetstop.junit;

import org.jspecify.annotations.NullMarked;
