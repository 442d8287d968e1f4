package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** Keeps the last reply that a client got, for its health. */
final class LastReply implements CallListener {

  private volatile @Nullable Reply last;

  /**
   * The result of an attempt that got a reply.
   *
   * @param action the API action
   * @param error the error, or {@code null} if the attempt succeeded
   * @param requestId the service's id of the request, or {@code null}
   */
  private record Reply(String action, @Nullable EcsException error, @Nullable String requestId) {

    boolean hasCategory(Category category) {
      return error != null && error.category() == category;
    }

    String describe() {
      String result = error == null ? " succeeded" : " failed with " + error.errorCode().code();
      return action + result + (requestId == null ? "" : ", request " + requestId);
    }
  }

  /** Whether the last reply rejected the credentials. */
  boolean isRejectedIdentity() {
    Reply reply = last;
    return reply != null && reply.hasCategory(Category.AUTH);
  }

  /** Returns the last reply and whether it was throttled, as the health shows it. */
  Map<String, Object> details() {
    Map<String, Object> details = new LinkedHashMap<>();
    Reply reply = last;
    details.put("lastReply", reply == null ? "none" : reply.describe());
    if (reply != null) {
      details.put("throttled", reply.hasCategory(Category.THROTTLED));
    }
    return details;
  }

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
    last = new Reply(action, null, requestId);
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    if (failure.httpStatus() != null) {
      last = new Reply(action, failure, failure.requestId());
    }
  }
}
