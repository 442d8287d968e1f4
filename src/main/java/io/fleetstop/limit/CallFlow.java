package io.fleetstop.limit;

import java.util.Objects;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The calls that are one flow in the queues of limiters. Permits and slots are granted to flows
 * round robin, so that a short flow is not kept waiting by a long one that came first. Calls
 * without a flow in their context are one flow together; a fleet run is one by itself.
 */
public final class CallFlow {

  private static final Object KEY = CallFlow.class;

  /** The flow of calls that have none of their own. */
  private static final Object DEFAULT = "default";

  private CallFlow() {}

  /**
   * Returns a context in which all calls belong to one flow.
   *
   * @param flow identifies the flow by {@code equals}
   */
  public static Context put(Context context, Object flow) {
    return context.put(KEY, Objects.requireNonNull(flow, "flow"));
  }

  static Object of(ContextView context) {
    return Objects.requireNonNull(context.<Object>getOrDefault(KEY, DEFAULT));
  }
}
