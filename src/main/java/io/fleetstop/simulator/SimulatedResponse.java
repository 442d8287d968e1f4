package io.fleetstop.simulator;

import org.jspecify.annotations.Nullable;

/**
 * What a call is answered with.
 *
 * @param requestId the id of the request
 * @param status the HTTP status
 * @param body the JSON
 * @param retryAfterSeconds the {@code Retry-After} header, 0 for none
 * @param delayNanos how long the answer is held back
 * @param fault what spoils it on the way, or {@code null}
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record SimulatedResponse(
    String requestId,
    int status,
    byte[] body,
    long retryAfterSeconds,
    long delayNanos,
    @Nullable Fault fault) {}
