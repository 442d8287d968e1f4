package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.Printable;
import io.fleetstop.observe.CallListener;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.ContextView;

/**
 * Logs each attempt at {@code DEBUG} under the name {@code io.fleetstop.calls}, and warns once when
 * the service throttles, and of each reply that names instances that were not asked for.
 */
final class CallLog implements CallListener {

  /** The logger's name, in the documentation. */
  static final String LOGGER = "io.fleetstop.calls";

  private static final int MAX_NAMED = 5;

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  private final AtomicBoolean warned = new AtomicBoolean();

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
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
    if (failure.category() == Category.THROTTLED && warned.compareAndSet(false, true)) {
      LOG.warn(
          "The service throttles {} ({}, request {}): the pace adapts, unless fleetstop.pace.rate"
              + " fixes it; further throttled calls are logged at DEBUG only",
          action,
          failure.errorCode().code(),
          failure.requestId());
    }
  }

  @Override
  public void unrequestedIds(String action, List<String> ids, ContextView context) {
    LOG.warn(
        "The reply to {} names {} instances that were not asked for, and they are ignored: {}",
        action,
        ids.size(),
        ids.stream().limit(MAX_NAMED).map(Printable::of).toList());
  }
}
