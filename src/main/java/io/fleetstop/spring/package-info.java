/**
 * At home in Spring Boot 4: {@link io.fleetstop.spring.FleetstopAutoConfiguration} makes the
 * client's beans from {@code fleetstop.*} properties, and two filters bring signature, retries and
 * pace to any {@code WebClient}. An edge: nothing else of fleetstop needs Spring, and Spring comes
 * with the application, never with fleetstop.
 *
 * <p>Design note: the filters know the HTTP client through Spring's types alone. What they promise
 * of a request, that it is sent once for each signature and counted as sent from its first byte on,
 * they hold where the body is written, which every connector has to come through.
 */
@NullMarked
package io.fleetstop.spring;

import org.jspecify.annotations.NullMarked;
