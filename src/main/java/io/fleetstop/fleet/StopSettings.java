package io.fleetstop.fleet;

import io.fleetstop.model.StopInstance.StoppedMode;

/** The options of a run that decide about outcomes. */
record StopSettings(boolean dryRun, boolean awaitStopped, StoppedMode stoppedMode) {

  static StopSettings of(ShutdownOptions options) {
    return new StopSettings(
        options.isDryRun(),
        options.isAwaitingStopped() && !options.isDryRun(),
        options.stoppedMode());
  }
}
