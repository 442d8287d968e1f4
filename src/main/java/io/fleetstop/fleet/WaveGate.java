package io.fleetstop.fleet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The waves of one run. One caller at a time decides; the number of the wave is for any to read.
 */
final class WaveGate {

  private final List<Long> ends;
  private final FailureLimit limit;
  private volatile int ended;
  private long failuresBefore;
  private long outcomesBefore;

  WaveGate(List<Long> ends, FailureLimit limit) {
    this.ends = ends;
    this.limit = limit;
  }

  /** The number of the present wave, from one on. */
  int number() {
    return ended + 1;
  }

  /** Whether the present wave takes no more, with so many in it and in those before. */
  boolean isFull(long admitted) {
    return ended < ends.size() && admitted >= ends.get(ended);
  }

  /**
   * Goes on to the next wave if the failure limit holds, for the wave by itself and for all so far.
   *
   * @return why not, or {@code null}
   */
  @Nullable String next(long failures, long outcomes) {
    long ofWave = outcomes - outcomesBefore;
    long failuresOfWave = failures - failuresBefore;
    if (limit.isExceededByWave(failuresOfWave, ofWave)) {
      return complaint("of wave " + number(), failuresOfWave, ofWave);
    }
    if (limit.isExceededByWave(failures, outcomes)) {
      return complaint("up to the end of wave " + number(), failures, outcomes);
    }
    failuresBefore = failures;
    outcomesBefore = outcomes;
    ended = number();
    return null;
  }

  private String complaint(String which, long failures, long outcomes) {
    return failures
        + " of "
        + outcomes
        + " outcomes "
        + which
        + " are failed or unconfirmed, more than the limit of "
        + limit
        + "; wave "
        + (number() + 1)
        + " was not begun";
  }
}
