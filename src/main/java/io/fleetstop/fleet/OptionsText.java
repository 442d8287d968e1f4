package io.fleetstop.fleet;

import java.time.Duration;
import java.util.StringJoiner;

/** The text of {@link ShutdownOptions}, by the names of their builder. */
final class OptionsText {

  private OptionsText() {}

  static String of(ShutdownOptions options) {
    StringJoiner text = new StringJoiner(", ", "ShutdownOptions[", "]");
    text.add("operation=" + options.operation());
    if (options.runId() != null) {
      text.add("runId=" + options.runId());
    }
    if (options.scope() != null) {
      text.add("scope=" + options.scope());
    }
    text.add("forceStop=" + options.isForceStop());
    text.add("stoppedMode=" + options.stoppedMode());
    text.add("dryRun=" + options.isDryRun());
    text.add("awaitStopped=" + options.isAwaitingStopped());
    text.add("timeout=" + options.awaitOptions().timeout());
    Duration runDeadline = options.runDeadline();
    if (runDeadline != null) {
      text.add("runDeadline=" + runDeadline);
    }
    text.add("busyTimeout=" + options.busyTimeout());
    text.add("maxInFlight=" + options.maxInFlight());
    text.add("batchSize=" + options.batchSize());
    text.add("maxOpen=" + options.maxOpen());
    text.add("failureLimit=" + options.failureLimit());
    text.add("protectTag=" + options.protectTag());
    return text.toString();
  }
}
