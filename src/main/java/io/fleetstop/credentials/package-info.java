/**
 * Who is calling: {@link io.fleetstop.credentials.Credentials} and the sources they come from,
 * {@link io.fleetstop.credentials.CredentialsProvider}. It depends on {@code io.fleetstop.error}
 * and {@code io.fleetstop.transport}.
 */
@NullMarked
package io.fleetstop.credentials;

import org.jspecify.annotations.NullMarked;
