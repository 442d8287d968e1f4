package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import org.jspecify.annotations.Nullable;

/**
 * The error that ended a run early. Unlike an {@link Outcome} it has no {@code instanceId}.
 *
 * @param errorCode the code of the error
 * @param httpStatus the status of the error's reply, or {@code null}
 * @param requestId the service's id of the request, or {@code null}
 * @param message the reason
 */
record RunFailure(
    String errorCode, @Nullable Integer httpStatus, @Nullable String requestId, String message) {

  static RunFailure of(EcsException error) {
    return new RunFailure(
        error.errorCode().code(), error.httpStatus(), error.requestId(), message(error));
  }

  static String message(EcsException error) {
    String detail = error.detail();
    return detail == null ? error.errorCode().meaning() : detail;
  }
}
