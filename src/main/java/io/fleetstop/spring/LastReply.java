package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** Keeps the last reply that a client got, for its health. */
final class LastReply implements CallListener {

  /** For how long accepted credentials show that the client itself works. */
  private static final long ACCEPTED_LATELY_MILLIS = 60_000;

  private volatile @Nullable Reply last;
  private volatile long acceptedMillis = Long.MIN_VALUE;

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

  /**
   * Whether the last reply rejected the credentials, and no reply of the last minute accepted any.
   * The credentials may depend on the caller: a wrong key of one is no failure of the client while
   * those of others are accepted.
   */
  boolean isRejectedIdentity() {
    Reply reply = last;
    long accepted = acceptedMillis;
    return reply != null
        && reply.hasCategory(Category.AUTH)
        && (accepted == Long.MIN_VALUE || nowMillis() - accepted >= ACCEPTED_LATELY_MILLIS);
  }

  private void keep(Reply reply) {
    if (!reply.hasCategory(Category.AUTH)) {
      acceptedMillis = nowMillis();
    }
    last = reply;
  }

  private static long nowMillis() {
    return Schedulers.parallel().now(TimeUnit.MILLISECONDS);
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
    keep(new Reply(action, null, requestId));
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    if (failure.httpStatus() != null) {
      keep(new Reply(action, failure, failure.requestId()));
    }
  }
}
