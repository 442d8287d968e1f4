package io.fleetstop.poll;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;

/**
 * The number of instances of one call: half as many after a reply that took too long, since it may
 * not fit the line, and a tenth more after each that came in time. Used by the draining thread
 * only.
 */
final class PageSize {

  /** Small enough for any line: a reply of some kilobytes. */
  private static final int MIN = 5;

  private int size = DescribeInstances.MAX_PAGE;

  int get() {
    return size;
  }

  void onReply(int described) {
    if (described >= size) {
      size = Math.min(DescribeInstances.MAX_PAGE, size + Math.max(1, size / 10));
    }
  }

  void onFailure(int described, EcsException error) {
    boolean tooLate =
        error.errorCode().equals(ClientErrors.ATTEMPT_TIMEOUT)
            || error.errorCode().equals(ClientErrors.RESPONSE_TIMEOUT)
            || error.errorCode().equals(ClientErrors.DEADLINE_EXCEEDED);
    // A larger one was sent before the size was halved, and counts no more.
    if (tooLate && described > MIN && described <= size) {
      size = Math.max(MIN, described / 2);
    }
  }
}
