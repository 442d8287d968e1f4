/**
 * {@link io.fleetstop.credentials.Credentials} and their sources. The entry type is {@link
 * io.fleetstop.credentials.CredentialsProvider}, with a factory for each source. The package
 * depends on {@code io.fleetstop.error}, {@code io.fleetstop.transport} and {@code
 * io.fleetstop.sign}, and on Jackson to read files and replies.
 *
 * <p>Design note: a source only fetches. Caching a value, refreshing it before it expires and
 * sharing one fetch among callers is done by one class for all sources. A failure is never cached:
 * the next call fetches again. The chain keeps the source that answered first, because a fleet run
 * must not change its account midway.
 *
 * <p>Design note: a login of the official tool belongs to that tool. Its cache files are read and
 * never written, so two programs cannot damage them; a refreshed login exists in memory only,
 * beside the refresh token of the file from which it descends, so that a new login replaces it.
 *
 * <p>Design note: assuming a role is a signed call, so this package depends on {@code sign}, not
 * the other way round: a signer needs an access key and does not depend on its source. Sources that
 * call a service keep no connection between two fetches, so no provider has to be closed, and none
 * depends on the client that uses it.
 */
@NullMarked
package io.fleetstop.credentials;

import org.jspecify.annotations.NullMarked;
