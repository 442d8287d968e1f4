package io.fleetstop;

import io.fleetstop.error.EcsException.Delivery;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Decides once per attempt whether the request is sent or abandoned. The first of both wins (CAS),
 * so that the reported delivery is right even if they race.
 */
final class SendGate {

  /** {@code UNKNOWN} once the request was let through, {@code NOT_SENT} once the gate is closed. */
  private final AtomicReference<@Nullable Delivery> decided = new AtomicReference<>();

  /** Lets the request through. Called by the transport right before the first byte is sent. */
  boolean pass() {
    return decided.compareAndSet(null, Delivery.UNKNOWN);
  }

  /** Prevents the request from being sent, and returns whether that was too late. */
  Delivery close() {
    Delivery before = decided.compareAndExchange(null, Delivery.NOT_SENT);
    return before == null ? Delivery.NOT_SENT : before;
  }
}
