package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import org.jspecify.annotations.Nullable;

/**
 * Why a run ended before all of its instances had their turn. Told of apart from an {@link Outcome}
 * by having no {@code instanceId}.
 *
 * @param errorCode the code of the error
 * @param httpStatus the status of the reply that brought it, or {@code null}
 * @param requestId the service's id of the request, or {@code null}
 * @param message what there is to say
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
