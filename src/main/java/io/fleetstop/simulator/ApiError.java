package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** An error reply of the simulated service. */
final class ApiError extends RuntimeException {

  private final transient ErrorCode code;

  private ApiError(ErrorCode code, String message) {
    // Thrown thousands of times a second by an exhausted quota: no stack trace.
    super(message, null, false, false);
    this.code = code;
  }

  /** An error with the documented message; {@code details} replace its placeholders in order. */
  static ApiError of(ErrorCode code, @Nullable Object... details) {
    return new ApiError(code, fill(code, details));
  }

  /** An error with a message of the simulator's own. */
  static ApiError withMessage(ErrorCode code, String message) {
    return new ApiError(code, message);
  }

  ErrorCode code() {
    return code;
  }

  /** The documented HTTP status, or 400 if none is documented. */
  int httpStatus() {
    Integer documented = code.httpStatus();
    return documented == null ? 400 : documented;
  }

  String text() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  private static String fill(ErrorCode code, @Nullable Object... details) {
    String documented = code.message();
    if (documented == null) {
      return code.code();
    }
    StringBuilder text = new StringBuilder();
    int from = 0;
    int next = 0;
    for (int hole = documented.indexOf("%s"); hole >= 0; hole = documented.indexOf("%s", from)) {
      text.append(documented, from, hole);
      text.append(next < details.length ? details[next++] : "-");
      from = hole + 2;
    }
    return text.append(documented, from, documented.length()).toString();
  }
}
