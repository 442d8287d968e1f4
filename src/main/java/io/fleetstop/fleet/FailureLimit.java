package io.fleetstop.fleet;

/** How many failures a run bears. Outcomes that are failed or unconfirmed count. */
public sealed interface FailureLimit {

  /**
   * Whether a run with these figures has to end. Pure.
   *
   * @param answered how many instances have an outcome, or were accepted and are waited for
   */
  boolean isExceeded(long failures, long answered);

  /**
   * Whether a run has to end whose wave, or whose waves so far, came to these figures: a share
   * counts however few the outcomes are. Pure.
   */
  boolean isExceededByWave(long failures, long outcomes);

  /** More than {@code failures} failures end the run; zero ends it at the first. */
  static FailureLimit count(long failures) {
    if (failures < 0) {
      throw new IllegalArgumentException("failures must not be negative, was " + failures);
    }
    return new Count(failures);
  }

  /**
   * More than this share of the instances that the service has answered for so far ends the run,
   * from the 20th on: those with an outcome, and those whose stop was accepted and is waited for.
   *
   * @param percent from 0 to 100
   */
  static FailureLimit share(double percent) {
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent must be 0 to 100, was " + percent);
    }
    return new Percent(percent);
  }

  /** Failures never end the run. */
  static FailureLimit none() {
    return new Count(Long.MAX_VALUE);
  }

  /** See {@link FailureLimit#count}. */
  record Count(long failures) implements FailureLimit {
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

  /** See {@link FailureLimit#share}. */
  record Percent(double percent) implements FailureLimit {

    /** With fewer answers a share says little. */
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
