package io.fleetstop.redis;

import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.redis.SharedRunStatus.State;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the counts of a shared run mean for its failure limit and its waves. Pure functions. */
final class SharedRunDecisions {

  private SharedRunDecisions() {}

  /** Returns why the run must end, or {@code null} if it stays within its failure limit. */
  static @Nullable String failure(SharedRunStatus run) {
    if (run.state() != State.RUNNING && run.state() != State.PAUSED) {
      return null;
    }
    FailureLimit limit = run.parameters().failureLimit();
    long failures = run.failures() - run.budget().failures();
    // The lesser count, if something else has changed one of them.
    long done = Math.min(run.done(), run.recorded());
    long answered = done + run.awaited() - run.budget().outcomes();
    if (limit.isExceeded(failures, answered)) {
      return failures
          + " of "
          + answered
          + " instances called are failed or unconfirmed, more than the limit of "
          + limit;
    }
    if (!isWaveDone(run)) {
      return null;
    }
    long waveFailures = run.failures() - run.budget().waveFailures();
    long waveOutcomes = run.done() - run.budget().waveOutcomes();
    if (limit.isExceededByWave(waveFailures, waveOutcomes)) {
      return of(run, waveFailures, waveOutcomes, "of wave ");
    }
    long outcomes = run.done() - run.budget().outcomes();
    return limit.isExceededByWave(failures, outcomes)
        ? of(run, failures, outcomes, "up to the end of wave ")
        : null;
  }

  private static String of(SharedRunStatus run, long failures, long outcomes, String which) {
    return failures
        + " of "
        + outcomes
        + " outcomes "
        + which
        + run.wave()
        + " are failed or unconfirmed, more than the limit of "
        + run.parameters().failureLimit()
        + "; wave "
        + (run.wave() + 1)
        + " was not started";
  }

  /** Whether every instance of the current wave has its outcome, and another wave follows. */
  static boolean isWaveDone(SharedRunStatus run) {
    List<Long> waves = run.parameters().waves();
    int wave = run.wave() - 1;
    return wave < waves.size() && run.done() >= waves.get(wave) && run.done() < run.total();
  }
}
