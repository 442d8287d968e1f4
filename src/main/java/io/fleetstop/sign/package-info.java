/**
 * Request signing: the {@code HMAC-SHA256} signature of Volcengine's OpenAPI, in a header or in the
 * query. {@link io.fleetstop.sign.RequestSigner} signs, {@link io.fleetstop.sign.CanonicalQuery}
 * creates queries that are sent exactly as they are signed. The package depends on {@code
 * io.fleetstop.transport}.
 *
 * <p>Design note: host, date and the session token, if any, are signed. Headers that an HTTP
 * library may modify are neither signed nor sent: a content type to which a character set was added
 * is the usual reason why a correct key gives a wrong signature. The steps of a signature are pure
 * functions, so each is tested against the published vectors. {@link io.fleetstop.sign.AccessKey}
 * is declared here, so that credential sources can sign their own requests and this package does
 * not depend on them.
 */
@NullMarked
package io.fleetstop.sign;

import org.jspecify.annotations.NullMarked;
