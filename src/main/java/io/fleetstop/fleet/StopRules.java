package io.fleetstop.fleet;

import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Duration;

/** The options of a run that decide about outcomes. */
record StopRules(
    boolean dryRun, boolean awaitStopped, StoppedMode stoppedMode, Duration stopTimeout) {

  static StopRules of(ShutdownOptions options) {
    return new StopRules(
        options.isDryRun(),
        options.isAwaitingStopped() && !options.isDryRun(),
        options.stoppedMode(),
        options.stopTimeout());
  }
}
