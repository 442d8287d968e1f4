package io.fleetstop.poll;

import java.time.Duration;

/**
 * Detects that the process did not run for a while: it was suspended, or its machine was. Times
 * that passed meanwhile say nothing about the service. Pure; the times are monotonic, so that a
 * correction of the clock is no freeze.
 */
public final class Freeze {

  /** Later than a timer fires in a process that runs, also on a loaded machine. */
  public static final Duration TOLERANCE = Duration.ofSeconds(2);

  private Freeze() {}

  /**
   * Returns whether the process was frozen when a time limit passed.
   *
   * @param expectedNanos when the limit was to be handled
   * @param actualNanos when it was
   */
  public static boolean wasFrozen(long expectedNanos, long actualNanos) {
    return actualNanos - expectedNanos >= TOLERANCE.toNanos();
  }
}
