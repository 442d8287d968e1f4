package io.fleetstop.fleet;

/**
 * A snapshot of a run. Only the accessors are stable: components may be added.
 *
 * @param state the state of the run
 * @param wave the number of the current wave, starting at 1; always 1 without {@link Waves}
 * @param started the number of instances started
 * @param inFlight the number of calls in progress, including those that wait for a permit or a
 *     retry
 * @param instancesInFlight the number of instances of these calls: more than {@code inFlight} in
 *     batches
 * @param stopped the number of {@link ShutdownOutcome.Stopped} outcomes
 * @param alreadyStopped the number of {@link ShutdownOutcome.AlreadyStopped} outcomes
 * @param accepted the number of {@link ShutdownOutcome.Accepted} outcomes
 * @param dryRunPassed the number of {@link ShutdownOutcome.DryRunPassed} outcomes
 * @param failed the number of {@link ShutdownOutcome.Failed} outcomes
 * @param unconfirmed the number of {@link ShutdownOutcome.Unconfirmed} outcomes
 * @param skipped the number of {@link ShutdownOutcome.Skipped} outcomes
 * @param awaited the number of instances that the service has accepted and that have no outcome yet
 * @param running the number of {@link ShutdownOutcome.Started} outcomes
 * @param alreadyRunning the number of {@link ShutdownOutcome.AlreadyRunning} outcomes
 */
public record ShutdownProgress(
    State state,
    int wave,
    long started,
    long inFlight,
    long instancesInFlight,
    long stopped,
    long alreadyStopped,
    long accepted,
    long dryRunPassed,
    long failed,
    long unconfirmed,
    long skipped,
    long awaited,
    long running,
    long alreadyRunning) {

  /** The states of a run. */
  public enum State {
    /** Starts instances, or is not subscribed to yet. */
    RUNNING,
    /** Sends no request until it is resumed. */
    PAUSED,
    /** Starts no more instances and waits for the calls in flight. */
    DRAINING,
    /** Has completed, failed or been cancelled. */
    TERMINATED
  }

  /** Returns the number of outcomes so far. */
  public long outcomes() {
    return stopped
        + alreadyStopped
        + running
        + alreadyRunning
        + accepted
        + dryRunPassed
        + failures()
        + skipped;
  }

  /** Returns the number of outcomes that count against {@link ShutdownOptions#failureLimit()}. */
  public long failures() {
    return failed + unconfirmed;
  }

  /** Returns the number of instances that were started and have no outcome yet. */
  public long open() {
    return started - outcomes();
  }
}
