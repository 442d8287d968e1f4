/**
 * Proof of who is calling: the {@code HMAC-SHA256} signature of Volcengine's OpenAPI, in a header
 * or in the query. {@link io.fleetstop.sign.RequestSigner} signs, {@link
 * io.fleetstop.sign.CanonicalQuery} writes queries that are sent exactly as they are signed; the
 * package depends on {@code io.fleetstop.transport}.
 *
 * <p>Design note: host and date are signed, and the session token where there is one. Headers that
 * an HTTP library may touch on their way are neither signed nor sent: the content type, which often
 * grows a character set, is the usual reason why a right key gives a wrong signature. The stages of
 * a signature are functions of their arguments, so that each is held against the published vectors.
 * What a signature needs of credentials is {@link io.fleetstop.sign.AccessKey}, declared here, so
 * that sources of credentials can sign requests of their own and this package knows none of them.
 */
@NullMarked
package io.fleetstop.sign;

import org.jspecify.annotations.NullMarked;
