package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances.InstanceResult;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules about batches. What happens to each instance is in {@link StopDecision} alone. */
final class BatchRules {

  /** How long an instance waits for others to share its call. */
  static final Duration LINGER = Duration.ofMillis(20);

  /** How long a recorded batch waits for members that the run has not found yet. */
  static final Duration MEMBERS_TIMEOUT = Duration.ofSeconds(10);

  /** The delays before repeated calls end together in steps of this length. */
  private static final long STEP_NANOS = Duration.ofMillis(250).toNanos();

  private BatchRules() {}

  /**
   * Returns a delay that is longer by less than a quarter of a second, so that instances that are
   * called again at about the same time share a call.
   *
   * @param nowNanos the time of the scheduler
   */
  static Duration inStep(Duration delay, long nowNanos) {
    long over = Math.floorMod(nowNanos + delay.toNanos(), STEP_NANOS);
    return over == 0 ? delay : delay.plusNanos(STEP_NANOS - over);
  }

  /**
   * Returns how many instances the next batch has; 0 if none is to be sent yet.
   *
   * @param queued the number of instances that wait for a call
   * @param batchSize the most instances of a call
   * @param calling the number of instances in calls
   * @param allowed the most instances that may be in calls
   * @param lingered whether the first one has waited long enough for others
   */
  static int nextSize(int queued, int batchSize, int calling, long allowed, boolean lingered) {
    // One batch is cut to fit; while another is in progress it would leave fragments.
    int full = calling > 0 ? batchSize : (int) Math.min(batchSize, Math.max(1, allowed));
    int size = Math.min(queued, full);
    boolean fits = calling == 0 || calling + (long) size <= allowed;
    return fits && (lingered || size == full) ? size : 0;
  }

  /**
   * Returns how many instances may be in calls: 1, and one more for each that has succeeded, so
   * that a run in which every call fails has lost few instances when the failure limit ends it.
   * There is no bound if the limit would allow that all of them fail.
   *
   * @param calling the number of instances in calls
   * @param next the number of instances of the next batch
   */
  static long allowed(
      FailureLimit limit, long failures, long answered, long succeeded, int calling, int next) {
    long more = (long) calling + next;
    return limit.isExceededByWave(failures + more, answered + more)
        ? 1 + succeeded
        : Long.MAX_VALUE;
  }

  /** Whether the service does not offer the action to this caller: single calls may pass. */
  static boolean isUnavailable(EcsException error) {
    return error.delivery() == Delivery.REJECTED
        && (error.errorCode().equals(GatewayErrors.ACCESS_DENIED)
            || error.errorCode().equals(GatewayErrors.LACK_POLICY)
            || error.errorCode().equals(GatewayErrors.INVALID_ACTION_OR_VERSION));
  }

  /** Returns the error of an instance that a batch may have stopped that cannot be repeated. */
  static EcsException notRepeatable() {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)
        .action("StopInstances")
        .detail("The batch may have stopped it, and the service does not accept it any more")
        .build();
  }

  /**
   * Whether a batch was rejected as a whole, without any effect, for a reason that one of its
   * instances has.
   */
  static boolean isReasonOfOne(EcsException error) {
    if (error.delivery() != Delivery.REJECTED
        || error.errorCode().equals(EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH)) {
      return false;
    }
    return switch (error.category()) {
      case NOT_FOUND, STATE, CONFLICT, BUSY -> true;
      // The gateway rejects a request before it reads the ids.
      case REQUEST -> error.errorCode().scope() != Scope.OPENAPI_COMMON;
      default -> false;
    };
  }

  /**
   * Whether the error of one instance is retried in the lane, as the client retries it for a single
   * call.
   */
  static boolean isRetried(EcsException error) {
    return error.delivery() == Delivery.REJECTED
        && (error.category() == Category.THROTTLED || error.category() == Category.CAPACITY);
  }

  /** Whether the service certainly did not act on an instance. */
  static boolean isRejected(InstanceResult result) {
    return !result.isAccepted() && !result.isUnknown();
  }

  /** Returns the error of a member, as {@link #resultOf}; that it has no result is one, too. */
  static @Nullable EcsException errorOf(InstanceId id, int position, List<InstanceResult> results) {
    InstanceResult result = resultOf(id, position, results);
    return result == null ? EcsExceptions.noReply(Delivery.UNKNOWN) : result.error();
  }

  /** Returns the result of a member, which is at {@code position} unless the batch is repeated. */
  private static @Nullable InstanceResult resultOf(
      InstanceId id, int position, List<InstanceResult> results) {
    if (position < results.size() && results.get(position).instanceId().equals(id)) {
      return results.get(position);
    }
    return results.stream().filter(one -> one.instanceId().equals(id)).findFirst().orElse(null);
  }
}
