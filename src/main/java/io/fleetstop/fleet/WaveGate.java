package io.fleetstop.fleet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The current wave of a run. Calls of {@link #advance} and {@link #isFull} must be serialised;
 * {@link #number} may be read by any thread.
 */
final class WaveGate {

  private final List<Long> ends;
  private final FailureLimit limit;
  private volatile int completed;
  private long failuresBefore;
  private long outcomesBefore;

  WaveGate(List<Long> ends, FailureLimit limit) {
    this.ends = ends;
    this.limit = limit;
  }

  /** Returns the number of the current wave, starting at 1. */
  int number() {
    return completed + 1;
  }

  /** Whether {@code admitted} instances fill the current wave and all waves before it. */
  boolean isFull(long admitted) {
    return completed < ends.size() && admitted >= ends.get(completed);
  }

  /**
   * Starts the next wave if neither the current wave nor all waves so far exceed the failure limit.
   *
   * @return the reason why the next wave was not started, or {@code null} if it was
   */
  @Nullable String advance(long failures, long outcomes) {
    long outcomesOfWave = outcomes - outcomesBefore;
    long failuresOfWave = failures - failuresBefore;
    if (limit.isExceededByWave(failuresOfWave, outcomesOfWave)) {
      return reason("of wave " + number(), failuresOfWave, outcomesOfWave);
    }
    if (limit.isExceededByWave(failures, outcomes)) {
      return reason("up to the end of wave " + number(), failures, outcomes);
    }
    failuresBefore = failures;
    outcomesBefore = outcomes;
    completed = number();
    return null;
  }

  private String reason(String which, long failures, long outcomes) {
    return failures
        + " of "
        + outcomes
        + " outcomes "
        + which
        + " are failed or unconfirmed, more than the limit of "
        + limit
        + "; wave "
        + (number() + 1)
        + " was not started";
  }
}
