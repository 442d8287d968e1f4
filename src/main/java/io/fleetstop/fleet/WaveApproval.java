package io.fleetstop.fleet;

import org.reactivestreams.Publisher;

/**
 * Decides whether the next wave starts, for example after a pause or when an operator agrees.
 *
 * @see Waves#approvedBy
 */
@FunctionalInterface
public interface WaveApproval {

  /**
   * Returns a publisher whose first value decides: {@code true} starts the next wave; {@code false}
   * or no value drains the run; an error ends the run with that error. It is subscribed to when all
   * outcomes of a wave are known and within {@link ShutdownOptions#failureLimit()}, and further
   * instances are left. It is cancelled when the run is stopped or cancelled. Neither the method
   * nor the publisher may block.
   */
  Publisher<Boolean> approve(WaveEnd end);
}
