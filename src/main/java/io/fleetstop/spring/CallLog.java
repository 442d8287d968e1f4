package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.ContextView;

/**
 * Logs each attempt at {@code DEBUG} under the name {@code io.fleetstop.calls}, warns once when the
 * service throttles, and keeps the last reply for the health of the application.
 */
final class CallLog implements CallListener {

  /** The logger's name, in the documentation. */
  static final String LOGGER = "io.fleetstop.calls";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  private final AtomicBoolean warned = new AtomicBoolean();
  private volatile @Nullable Reply last;

  /**
   * The result of an attempt that got a reply.
   *
   * @param action the API action
   * @param error the error, or {@code null} if the attempt succeeded
   * @param requestId the service's id of the request, or {@code null}
   */
  record Reply(String action, @Nullable EcsException error, @Nullable String requestId) {

    boolean isThrottled() {
      return error != null && error.category() == Category.THROTTLED;
    }

    boolean isRejectedIdentity() {
      return error != null && error.category() == Category.AUTH;
    }

    String describe() {
      String result = error == null ? " succeeded" : " failed with " + error.errorCode().code();
      return action + result + (requestId == null ? "" : ", request " + requestId);
    }
  }

  /** Returns the last reply; {@code null} if there was none. */
  @Nullable Reply last() {
    return last;
  }

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
    last = new Reply(action, null, requestId);
    LOG.debug("{} attempt {}: status {}, request {}", action, attempt, httpStatus, requestId);
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    LOG.debug(
        "{} attempt {}: {}, status {}, request {}",
        action,
        attempt,
        failure.errorCode().code(),
        failure.httpStatus(),
        failure.requestId());
    if (failure.httpStatus() == null) {
      return; // no reply
    }
    last = new Reply(action, failure, failure.requestId());
    if (failure.category() == Category.THROTTLED && warned.compareAndSet(false, true)) {
      LOG.warn(
          "The service throttles {} ({}, request {}): the pace adapts, unless fleetstop.pace.rate"
              + " fixes it; further throttled calls are logged at DEBUG only",
          action,
          failure.errorCode().code(),
          failure.requestId());
    }
  }
}
