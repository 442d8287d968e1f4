package io.fleetstop.poll;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Receives the polls of one instance, and says when the next one is due. An {@link InstancePoller}
 * calls it from one thread at a time. All times are nanoseconds of the scheduler.
 */
interface PollSubscriber {

  /** Returns the instance to describe, the same each time. */
  InstanceId id();

  /** Returns when the next poll is due. Read after each poll. */
  long pollDueNanos();

  /** Returns the earliest time at which a call with room may include the instance. */
  long earliestPollNanos();

  /** Handles a poll; {@code null} if the service did not list the instance. */
  void onPolled(@Nullable Instance instance, long now);

  /** Handles a failed poll. The next one comes when it is due. */
  void onPollFailed(EcsException error, long now);

  /** Handles the end of polling: no poll will follow. */
  void onAborted(EcsException error);

  /**
   * Returns the context of the caller, the same each time. Its identity decides with which other
   * targets the instance is described, and one of them gives its context to the call.
   */
  default ContextView context() {
    return Context.empty();
  }
}
