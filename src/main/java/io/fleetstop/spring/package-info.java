/**
 * Spring Boot support: {@link io.fleetstop.spring.FleetstopAutoConfiguration} creates the client's
 * beans from {@code fleetstop.*} properties, and two filters add signing, retries and rate limits
 * to any {@code WebClient}. An edge package: nothing else in fleetstop needs Spring, and Spring
 * comes with the application, never with fleetstop.
 *
 * <p>Design note: the filters know the HTTP client only through Spring's types. Two guarantees,
 * that a signature is sent once and that a request counts as sent from its first byte on, are
 * enforced where the body is written, which every connector must call.
 */
@NullMarked
package io.fleetstop.spring;

import org.jspecify.annotations.NullMarked;
