package io.fleetstop.limit;

import io.fleetstop.limit.LeasedSlots.LeasedSlot;
import io.fleetstop.limit.SharedDecision.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * A slot whose call the service refused.
 *
 * @param sentAtNanos when the call was sent, on the clock of this process
 * @param holdNanos the pause that the service asks for
 */
record ThrottledSlot(LeasedSlot slot, long sentAtNanos, long holdNanos) {

  /** Removes and returns all. */
  static List<ThrottledSlot> drained(Queue<ThrottledSlot> queue) {
    List<ThrottledSlot> drained = new ArrayList<>();
    for (ThrottledSlot next = queue.poll(); next != null; next = queue.poll()) {
      drained.add(next);
    }
    return drained;
  }

  /**
   * Returns the refusal on the clock of the store.
   *
   * @param clockOffset the clock of the store less that of this process
   */
  Refusal refusal(long clockOffset) {
    return new Refusal(sentAtNanos + clockOffset, slot.rate(), holdNanos);
  }
}
