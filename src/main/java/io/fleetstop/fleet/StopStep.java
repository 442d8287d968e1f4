package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import org.jspecify.annotations.Nullable;

/** What a run does next with one instance. */
sealed interface StopStep {

  /** A step without data. */
  enum Move implements StopStep {
    /** Waits for a slot. */
    ENQUEUE,
    /** Keeps the slot until the run is resumed or stopped. */
    AWAIT_RESUME,
    /** Records the intent to call, durably. */
    RECORD_INTENT,
    /** Sends the request, always with the same token. */
    CALL,
    /** Describes the instance once. */
    DESCRIBE,
    /** Polls until the instance is in a state that does not pass by itself. */
    AWAIT_STABLE,
    /** Polls until the instance has reached the goal or is in error. */
    AWAIT_GOAL
  }

  /** Waits before the next call, without a slot. */
  record BackOff(Cause cause, int retry) implements StopStep {}

  /** Why an instance backs off. */
  enum Cause {
    /** Another operation is in progress; bounded by the busy timeout. */
    BUSY,
    /** The service lacks the resources to start it; bounded by the deadline of a call. */
    CAPACITY,
    /** The queue of the rate limiter is full; not bounded. */
    QUEUE_FULL
  }

  /** Ends with an outcome; reason and error are present as far as its kind has them. */
  record Finish(Kind kind, @Nullable String reason, @Nullable EcsException error)
      implements StopStep {}
}
