package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one instance. Failures are outcomes too. Only the accessors of the records are
 * stable: components may be added.
 */
public sealed interface ShutdownOutcome {

  /** The instance. */
  InstanceId instanceId();

  /** What the run cost for this instance. */
  CallStats effort();

  /** Which of the outcomes this is. */
  Kind kind();

  /**
   * The error that decided, or the last one that was met; {@code null} if there was none. Its
   * delivery is what is known of the stop requests together, even if it is the error of a look.
   */
  default @Nullable EcsException error() {
    return null;
  }

  /** Whether the instance is, as far as was asked, in the wanted state. */
  default boolean isSuccess() {
    return kind().isSuccess();
  }

  /** The outcomes there are. Their names stand in journals, reports, metrics and output. */
  enum Kind {
    /** See {@link ShutdownOutcome.Stopped}. */
    STOPPED,
    /** See {@link ShutdownOutcome.AlreadyStopped}. */
    ALREADY_STOPPED,
    /** See {@link ShutdownOutcome.Accepted}. */
    ACCEPTED,
    /** See {@link ShutdownOutcome.DryRunPassed}. */
    DRY_RUN_PASSED,
    /** See {@link ShutdownOutcome.Failed}. */
    FAILED,
    /** See {@link ShutdownOutcome.Unconfirmed}. */
    UNCONFIRMED,
    /** See {@link ShutdownOutcome.Skipped}. */
    SKIPPED;

    /** Whether the instance is, as far as was asked, in the wanted state. */
    public boolean isSuccess() {
      return !isFailure() && this != SKIPPED;
    }

    /** Whether it counts against {@link ShutdownOptions#failureLimit()}. */
    public boolean isFailure() {
      return this == FAILED || this == UNCONFIRMED;
    }
  }

  /**
   * What the run cost for one instance.
   *
   * @param attempts how many stop requests were tried, the first included
   * @param elapsed from taking up the instance to its outcome
   * @param requestId the service's id of the last stop request it answered, or {@code null}
   */
  record CallStats(int attempts, Duration elapsed, @Nullable String requestId) {}

  /** We asked for the stop, and the service shows the instance as stopped. */
  record Stopped(InstanceId instanceId, CallStats effort) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.STOPPED;
    }
  }

  /** The instance was stopped, or being stopped, before we asked. */
  record AlreadyStopped(InstanceId instanceId, CallStats effort) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.ALREADY_STOPPED;
    }
  }

  /** The service accepted the request; that it has stopped was not waited for. */
  record Accepted(InstanceId instanceId, CallStats effort) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.ACCEPTED;
    }
  }

  /** The service would accept the request. Nothing was stopped. */
  record DryRunPassed(InstanceId instanceId, CallStats effort) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.DRY_RUN_PASSED;
    }
  }

  /**
   * The instance was not stopped by us.
   *
   * @param error why
   */
  record Failed(InstanceId instanceId, CallStats effort, EcsException error)
      implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.FAILED;
    }
  }

  /**
   * Nobody can say whether the instance stops, or would have been stopped, if it is a dry run; or
   * whether as it was asked for: it may be stopped in the other mode than the one that was wanted.
   *
   * @param reason what is known
   * @param error the last error that was met, or {@code null}
   */
  record Unconfirmed(
      InstanceId instanceId, CallStats effort, String reason, @Nullable EcsException error)
      implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.UNCONFIRMED;
    }
  }

  /**
   * The instance was left alone: nothing was sent for it, or nothing but what the service refused
   * and what would have been tried again, had the run not ended.
   *
   * @param reason why
   */
  record Skipped(InstanceId instanceId, CallStats effort, String reason)
      implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.SKIPPED;
    }
  }
}
