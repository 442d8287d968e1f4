package io.fleetstop.fleet;

/**
 * How far a run has come. Only the accessors are stable: components may be added.
 *
 * @param state what the run is doing
 * @param wave the number of the wave, from 1 on; 1 throughout where there are no {@link Waves}
 * @param takenUp how many instances were taken up
 * @param calling how many stop calls are being made, their waits for a permit and their retries
 *     included
 * @param stopped how many are {@link ShutdownOutcome.Stopped}
 * @param alreadyStopped how many are {@link ShutdownOutcome.AlreadyStopped}
 * @param accepted how many are {@link ShutdownOutcome.Accepted}
 * @param dryRunPassed how many are {@link ShutdownOutcome.DryRunPassed}
 * @param failed how many are {@link ShutdownOutcome.Failed}
 * @param unconfirmed how many are {@link ShutdownOutcome.Unconfirmed}
 * @param skipped how many are {@link ShutdownOutcome.Skipped}
 */
public record ShutdownProgress(
    State state,
    int wave,
    long takenUp,
    long calling,
    long stopped,
    long alreadyStopped,
    long accepted,
    long dryRunPassed,
    long failed,
    long unconfirmed,
    long skipped) {

  /** What a run is doing. */
  public enum State {
    /** It takes up instances, or has yet to be subscribed to. */
    GOING,
    /** It calls no instance until it goes on. */
    PAUSED,
    /** It was ended, or cannot go on, and calls in flight have yet to end. */
    ENDING,
    /** There is nothing more to come. */
    ENDED
  }

  /** How many outcomes are known. */
  public long outcomes() {
    return stopped + alreadyStopped + accepted + dryRunPassed + failures() + skipped;
  }

  /** How many of the outcomes count against {@link ShutdownOptions#failureLimit()}. */
  public long failures() {
    return failed + unconfirmed;
  }

  /** How many instances were taken up and have no outcome yet. */
  public long open() {
    return takenUp - outcomes();
  }
}
