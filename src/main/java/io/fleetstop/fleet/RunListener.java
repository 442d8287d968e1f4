package io.fleetstop.fleet;

import java.util.List;

/**
 * Receives the events of fleet runs. Every method does nothing by default.
 *
 * <p><strong>Order:</strong> for each run {@link #runStarted}, {@link #outcomeEmitted} for each
 * outcome, and last {@link #runTerminated}, however the run ends.
 *
 * <p>Methods run on the thread of the signal and must not block. An exception of a listener goes to
 * Reactor's hook for dropped errors and does not affect the run.
 */
public interface RunListener {

  /**
   * The key of a listener in the context of a subscriber of outcomes. It is notified after those of
   * the {@link FleetShutdown}, also where only the outcomes are at hand.
   */
  String CONTEXT_KEY = RunListener.class.getName();

  /** Does nothing. */
  RunListener NONE = new RunListener() {};

  /** Notifies {@code listeners} in their order. */
  static RunListener all(List<? extends RunListener> listeners) {
    return listeners.isEmpty() ? NONE : new RunListeners(List.copyOf(listeners));
  }

  /** Called when the outcomes of a run were subscribed to, before its first call. */
  default void runStarted(ShutdownRun run) {}

  /**
   * Called once if a run with a {@link ShutdownOptions#batchSize()} of more than 1 sends single
   * calls from now on.
   *
   * @param reason why, for people
   */
  default void batchesUnavailable(ShutdownRun run, String reason) {}

  /** Called before the subscriber receives an outcome. */
  default void outcomeEmitted(ShutdownRun run, ShutdownOutcome outcome) {}

  /**
   * Called after a run has completed, failed or been cancelled; {@link ShutdownRun#error()} and
   * {@link ShutdownRun#isDrained()} tell how.
   */
  default void runTerminated(ShutdownRun run) {}
}
