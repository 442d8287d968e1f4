package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** An error reply on its way out. Never leaves the package. */
final class ApiError extends RuntimeException {

  private final transient ErrorCode code;

  private ApiError(ErrorCode code, String message) {
    // Thousands a second while the quota is spent: a stack trace nobody reads would be the cost.
    super(message, null, false, false);
    this.code = code;
  }

  /** A refusal with the documented message, its blanks filled with {@code details} in order. */
  static ApiError of(ErrorCode code, @Nullable Object... details) {
    return new ApiError(code, fill(code, details));
  }

  /** A refusal with a message of ours, where the documented one would not help. */
  static ApiError because(ErrorCode code, String message) {
    return new ApiError(code, message);
  }

  ErrorCode code() {
    return code;
  }

  /** The documented HTTP status, 400 where none is known. */
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
    for (int blank = documented.indexOf("%s"); blank >= 0; blank = documented.indexOf("%s", from)) {
      text.append(documented, from, blank);
      text.append(next < details.length ? details[next++] : "-");
      from = blank + 2;
    }
    return text.append(documented, from, documented.length()).toString();
  }
}
