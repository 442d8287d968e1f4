package io.fleetstop.fleet;

/**
 * The service accepted a call for an instance.
 *
 * @param requestId the service's id of the request
 * @param attempts the number of attempts, the first included
 */
record Acceptance(String requestId, int attempts) {}
