package io.fleetstop.fleet;

import com.fasterxml.jackson.annotation.JsonValue;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one instance of a {@link FleetShutdown} or a {@link FleetStart}. Failures are
 * outcomes, not errors. Only the accessors of the records are stable: components may be added.
 */
public sealed interface ShutdownOutcome {

  /** Returns the id of the instance. */
  InstanceId instanceId();

  /** Returns the statistics of the calls for this instance. */
  CallStats stats();

  /** Returns the kind of this outcome. */
  Kind kind();

  /**
   * Returns the error that decided the outcome, or else the last error; {@code null} if there was
   * none. Its delivery covers all requests for the instance, even if the error is that of a
   * describe call.
   */
  default @Nullable EcsException error() {
    return null;
  }

  /** Whether the instance reached the requested state. */
  default boolean isSuccess() {
    return kind().isSuccess();
  }

  /** Returns the JSON object of this outcome, as Jackson 2 and Jackson 3 write it. */
  @JsonValue
  default OutcomeJson toJson() {
    return OutcomeJson.of(this);
  }

  /** The kinds of outcomes. Journals, reports, metrics and output contain their names. */
  enum Kind {
    /** See {@link ShutdownOutcome.Stopped}. */
    STOPPED,
    /** See {@link ShutdownOutcome.AlreadyStopped}. */
    ALREADY_STOPPED,
    /** See {@link ShutdownOutcome.Started}. */
    STARTED,
    /** See {@link ShutdownOutcome.AlreadyRunning}. */
    ALREADY_RUNNING,
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

    /** Whether the instance reached the requested state. */
    public boolean isSuccess() {
      return !isFailure() && this != SKIPPED;
    }

    /** Whether it counts against {@link ShutdownOptions#failureLimit()}. */
    public boolean isFailure() {
      return this == FAILED || this == UNCONFIRMED;
    }
  }

  /**
   * Statistics of the calls for one instance.
   *
   * @param attempts the number of attempts to send a request, including the first
   * @param elapsed the time from the start of the instance to its outcome
   * @param requestId the request id of the last answered request, or {@code null}
   * @param accepted whether a reply of the service accepted a request; without one, an instance may
   *     have been stopped by someone else
   */
  record CallStats(int attempts, Duration elapsed, @Nullable String requestId, boolean accepted) {

    /** The statistics of calls that no reply accepted. */
    public CallStats(int attempts, Duration elapsed, @Nullable String requestId) {
      this(attempts, elapsed, requestId, false);
    }
  }

  /** This run requested the stop, and the service reports the instance as stopped. */
  record Stopped(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.STOPPED;
    }
  }

  /** The instance was stopped or stopping before this run requested it. */
  record AlreadyStopped(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.ALREADY_STOPPED;
    }
  }

  /** This run requested the start, and the service reports the instance as running. */
  record Started(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.STARTED;
    }
  }

  /** The instance was running or starting before this run requested it. */
  record AlreadyRunning(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.ALREADY_RUNNING;
    }
  }

  /** The service accepted the request; the run did not wait for its effect. */
  record Accepted(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.ACCEPTED;
    }
  }

  /** The service would accept the request, which had no effect. */
  record DryRunPassed(InstanceId instanceId, CallStats stats) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.DRY_RUN_PASSED;
    }
  }

  /**
   * This run did not stop or start the instance.
   *
   * @param error the reason
   */
  record Failed(InstanceId instanceId, CallStats stats, EcsException error)
      implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.FAILED;
    }
  }

  /**
   * It is unknown whether the instance stops or starts as requested, or, in a dry run, whether it
   * would. An instance that is stopped in another {@code StoppedMode} than requested is
   * unconfirmed, too.
   *
   * @param reason what is known
   * @param error the last error, or {@code null}
   */
  record Unconfirmed(
      InstanceId instanceId, CallStats stats, String reason, @Nullable EcsException error)
      implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.UNCONFIRMED;
    }
  }

  /**
   * The run did not act on the instance: it sent no request, or only requests that the service
   * rejected and that would have been retried if the run had not ended.
   *
   * @param reason why the instance was skipped
   */
  record Skipped(InstanceId instanceId, CallStats stats, String reason) implements ShutdownOutcome {
    @Override
    public Kind kind() {
      return Kind.SKIPPED;
    }
  }
}
