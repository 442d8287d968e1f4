package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.Instance.State;
import org.jspecify.annotations.Nullable;

/** What looking at an instance, once or until something happened, has shown. */
sealed interface WaitResult {

  /** The service shows the instance in a state that was waited for, or in which waiting ends. */
  record Reached(State state, String status, @Nullable String stoppedMode) implements WaitResult {}

  /** The instance was on its way to stop, and then somebody started it again. */
  record StartedAgain(String status) implements WaitResult {}

  /** The service does not know the instance. */
  record NotFound() implements WaitResult {}

  /** Time is up; the last status is {@code null} if the instance was never seen. */
  record TimedOut(@Nullable String lastStatus) implements WaitResult {}

  /** The run was ended; the last status is {@code null} if the instance was never seen. */
  record Aborted(@Nullable String lastStatus) implements WaitResult {}

  /** Looking itself is not possible. */
  record PollFailed(EcsException error) implements WaitResult {}
}
