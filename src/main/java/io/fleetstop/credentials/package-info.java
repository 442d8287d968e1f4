/**
 * Who is calling: {@link io.fleetstop.credentials.Credentials} and the sources they come from. The
 * entry type is {@link io.fleetstop.credentials.CredentialsProvider}, with a factory for each
 * source; the package depends on {@code io.fleetstop.error}, {@code io.fleetstop.transport} and
 * {@code io.fleetstop.sign}, and on Jackson for what files and services say.
 *
 * <p>Design note: a source only fetches. Keeping a value, refreshing it ahead of its end and
 * sharing one flight among many callers is one class's work for all sources, and a failure is never
 * kept: the next call asks again. The chain keeps to the source that answered first, because a run
 * over a fleet must not change its account midway.
 *
 * <p>Design note: to take on a role is a signed call, so this package signs. It depends on {@code
 * sign}, not the other way round: a signer needs a key, which {@link
 * io.fleetstop.credentials.Credentials} is, and need not know where keys come from. Sources that
 * call a service own no connection between two fetches, so that no provider has to be closed, and
 * none depends on the client that it serves.
 */
@NullMarked
package io.fleetstop.credentials;

import org.jspecify.annotations.NullMarked;
