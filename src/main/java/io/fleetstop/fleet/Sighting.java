package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.Instance.State;
import org.jspecify.annotations.Nullable;

/** What looking at an instance, once or until something happened, has shown. */
sealed interface Sighting {

  /** The service shows the instance in a state that was waited for, or in which waiting ends. */
  record Seen(State state, String status, @Nullable String stoppedMode) implements Sighting {}

  /** The instance was on its way to stop, and then somebody started it again. */
  record StartedAgain(String status) implements Sighting {}

  /** The service does not know the instance. */
  record Vanished() implements Sighting {}

  /** Time is up; the last status is {@code null} if the instance was never seen. */
  record TimedOut(@Nullable String lastStatus) implements Sighting {}

  /** The run was ended; the last status is {@code null} if the instance was never seen. */
  record GivenUp(@Nullable String lastStatus) implements Sighting {}

  /** Looking itself is not possible. */
  record Unobservable(EcsException error) implements Sighting {}
}
