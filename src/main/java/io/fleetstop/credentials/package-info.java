/**
 * Who is calling: {@link io.fleetstop.credentials.Credentials} and the sources they come from. The
 * entry type is {@link io.fleetstop.credentials.CredentialsProvider}, with a factory for each
 * source; the package depends on {@code io.fleetstop.error} and {@code io.fleetstop.transport}, and
 * on Jackson for the file that the official command line writes.
 *
 * <p>Design note: a source only fetches. Keeping a value, refreshing it ahead of its end and
 * sharing one flight among many callers is one class's work for all sources, and a failure is never
 * kept: the next call asks again. The chain keeps to the source that answered first, because a run
 * over a fleet must not change its account midway.
 */
@NullMarked
package io.fleetstop.credentials;

import org.jspecify.annotations.NullMarked;
