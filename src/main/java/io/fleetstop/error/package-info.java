/**
 * Errors as values: {@link io.fleetstop.error.ErrorCode} with the {@link
 * io.fleetstop.error.ErrorCode.Category} that drives every decision, the documented codes in {@link
 * io.fleetstop.error.ErrorCatalogue}, and the one exception that carries them, {@link
 * io.fleetstop.error.EcsException}. Depends on nothing else of fleetstop.
 *
 * <p>Design note: errors decide by category, never by HTTP status, because the service sends a
 * capacity shortage as 500, throttling as 400 or 429 and the success of a dry run as 412. Two
 * categories are the client's own: {@code NETWORK} for exchanges that ended without a reply, and
 * {@code LOCAL} for calls that a limit of this client ended. {@link
 * io.fleetstop.error.EcsExceptions} makes the errors of the client's own codes.
 */
@NullMarked
package io.fleetstop.error;

import org.jspecify.annotations.NullMarked;
