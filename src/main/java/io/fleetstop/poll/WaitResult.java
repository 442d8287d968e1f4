package io.fleetstop.poll;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The result of waiting for a state of an instance. */
public sealed interface WaitResult {

  /**
   * The service reported the instance in a state that ends the wait.
   *
   * @param status the status in printable form
   */
  record Reached(Instance instance, String status) implements WaitResult {

    /** Returns the state of the instance. */
    public State state() {
      return instance.state();
    }
  }

  /** The instance was stopping and was started again, or the reverse. */
  record Reverted(String status) implements WaitResult {}

  /** The service does not list the instance. */
  record NotFound() implements WaitResult {}

  /**
   * The timeout expired; {@code lastStatus} is {@code null} if no poll listed the instance.
   *
   * @param after the timeout
   */
  record TimedOut(Duration after, @Nullable String lastStatus) implements WaitResult {}

  /**
   * The subscriber has ended its waits; {@code lastStatus} is {@code null} if no poll listed the
   * instance.
   */
  record Aborted(@Nullable String lastStatus) implements WaitResult {}

  /** Polling failed for good. */
  record PollFailed(EcsException error) implements WaitResult {}
}
