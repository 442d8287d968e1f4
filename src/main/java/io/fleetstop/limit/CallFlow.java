package io.fleetstop.limit;

import java.util.Objects;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The calls that are one flow in the queues of limiters; a fleet run is one. Permits and slots are
 * granted to flows round robin, so that a short flow is not kept waiting by a long one that came
 * first. Calls without a flow in their context, such as single stops, are served in turn with all
 * flows together, one each, so that they do not wait for a round of all flows.
 */
public final class CallFlow {

  private static final Object KEY = CallFlow.class;

  /** Stands for the flow of calls that have none. */
  static final CallFlow NONE = new CallFlow();

  private volatile boolean cancelled;

  private CallFlow() {}

  /** Returns a new flow. */
  public static CallFlow create() {
    return new CallFlow();
  }

  /** Returns a context in which all calls belong to this flow. */
  public Context putInto(Context context) {
    return context.put(KEY, this);
  }

  /**
   * Ends the grants of slots to this flow, before its calls are cancelled one by one: the slot of a
   * cancelled call would be granted to the next one of the flow, which would be sent.
   */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  static CallFlow of(ContextView context) {
    return Objects.requireNonNull(context.<CallFlow>getOrDefault(KEY, NONE));
  }
}
