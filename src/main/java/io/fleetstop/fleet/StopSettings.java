package io.fleetstop.fleet;

import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.poll.AwaitOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options of a run that decide about outcomes. */
record StopSettings(
    Operation operation, boolean dryRun, boolean awaitGoal, StoppedMode stoppedMode) {

  static StopSettings of(ShutdownOptions options) {
    return new StopSettings(
        options.operation(),
        options.isDryRun(),
        options.isAwaitingStopped() && !options.isDryRun(),
        options.stoppedMode());
  }

  /**
   * Returns how long describing an instance once may take: half of the deadline of a call, and at
   * least one poll. The deadline is spent when an instance is described to settle an unknown
   * delivery.
   */
  static Duration describeTimeout(AwaitOptions options, @Nullable Duration callDeadline) {
    if (callDeadline == null) {
      return options.timeout();
    }
    Duration half = callDeadline.dividedBy(2);
    Duration onePoll = options.pollInterval().multipliedBy(3).dividedBy(2);
    Duration enough = half.compareTo(onePoll) > 0 ? half : onePoll;
    return enough.compareTo(options.timeout()) < 0 ? enough : options.timeout();
  }
}
