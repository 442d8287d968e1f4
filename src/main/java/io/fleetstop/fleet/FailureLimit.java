package io.fleetstop.fleet;

/** The number or percentage of failed and unconfirmed outcomes that ends a run. Immutable. */
public sealed interface FailureLimit {

  /**
   * Whether a run with these counts must end. Pure.
   *
   * @param answered the number of instances that have an outcome, or whose stop was accepted and is
   *     awaited
   */
  boolean isExceeded(long failures, long answered);

  /**
   * Whether a run must end after a wave, or all waves so far, with these counts. A percentage
   * applies to any number of outcomes here. Pure.
   */
  boolean isExceededByWave(long failures, long outcomes);

  /** Ends the run at more than {@code failures} failures; 0 ends it at the first one. */
  static FailureLimit count(long failures) {
    if (failures < 0) {
      throw new IllegalArgumentException("failures must not be negative, was " + failures);
    }
    return new CountLimit(failures);
  }

  /**
   * Ends the run when more than this percentage of the answered instances failed. Answered are the
   * instances that have an outcome and those whose stop was accepted and is awaited. The limit
   * applies from 20 answered instances on.
   *
   * @param percent from 0 to 100
   */
  static FailureLimit percent(double percent) {
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent must be 0 to 100, was " + percent);
    }
    return new PercentLimit(percent);
  }

  /** Never ends the run. */
  static FailureLimit none() {
    return new CountLimit(Long.MAX_VALUE);
  }

  /** See {@link FailureLimit#count}. */
  record CountLimit(long failures) implements FailureLimit {
    @Override
    public boolean isExceeded(long failures, long answered) {
      return failures > this.failures;
    }

    @Override
    public boolean isExceededByWave(long failures, long outcomes) {
      return isExceeded(failures, outcomes);
    }

    @Override
    public String toString() {
      return Long.toString(failures);
    }
  }

  /** See {@link FailureLimit#percent}. */
  record PercentLimit(double percent) implements FailureLimit {

    /** A percentage of fewer answers is not significant. */
    private static final int MIN_ANSWERED = 20;

    @Override
    public boolean isExceeded(long failures, long answered) {
      return answered >= MIN_ANSWERED && isExceededByWave(failures, answered);
    }

    @Override
    public boolean isExceededByWave(long failures, long outcomes) {
      return failures * 100.0 > percent * outcomes;
    }

    @Override
    public String toString() {
      return percent + "%";
    }
  }
}
