package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.poll.WaitResult;
import org.jspecify.annotations.Nullable;

/** What happens to one instance during a run. */
sealed interface StopEvent {

  /** An event without data. */
  enum Signal implements StopEvent {
    /** The previous step is done, and the run is neither paused nor stopped. */
    STEP_DONE,
    /** The run is paused. */
    RUN_PAUSED,
    /** The reason to back off lasted as long as its bound. */
    BUSY_TIMEOUT
  }

  /** The run is stopped; {@code error} is that of the call it stopped, if any. */
  record RunStopped(@Nullable EcsException error) implements StopEvent {}

  /** The service accepted the call. */
  record Accepted() implements StopEvent {}

  /** The call failed; the delivery of {@code error} tells whether it may have taken effect. */
  record Rejected(EcsException error) implements StopEvent {}

  /** The deadline of the call passed while the process was frozen. */
  record Frozen(EcsException error) implements StopEvent {}

  /** A describe call, or a wait for a state, ended. */
  record Polled(WaitResult result) implements StopEvent {}

  /** A part of the run that the user supplied failed, a backoff for example. */
  record Broken(EcsException error) implements StopEvent {}
}
