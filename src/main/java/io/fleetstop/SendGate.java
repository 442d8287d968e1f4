package io.fleetstop;

import io.fleetstop.error.EcsException.Delivery;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Decides, once per attempt, whether the request leaves or the caller gives up first. Whoever comes
 * first wins, so that what is said about delivery is true even if both happen at the same moment.
 */
final class SendGate {

  private enum State {
    OPEN,
    PASSED,
    CLOSED
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

  /** Asked by the transport right before the first byte leaves. */
  boolean pass() {
    return state.compareAndSet(State.OPEN, State.PASSED);
  }

  /** Keeps the request from being sent, unless it is too late; tells which. */
  Delivery close() {
    state.compareAndSet(State.OPEN, State.CLOSED);
    return state.get() == State.PASSED ? Delivery.UNKNOWN : Delivery.NOT_SENT;
  }
}
