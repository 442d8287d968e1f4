package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.fleet.ShutdownOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/** The options of the library for the arguments of {@code fleetstop stop}. */
final class StopConfig {

  private StopConfig() {}

  static ShutdownOptions shutdown(StopArguments options, int maxInFlight) {
    ShutdownOptions.Builder builder =
        ShutdownOptions.builder()
            // The selection has read the tags before it asked.
            .protectTag("")
            .maxInFlight(maxInFlight)
            .batchSize(Objects.requireNonNullElse(options.rate.batch, 1))
            .forceStop(options.how.force)
            .dryRun(options.how.dryRun)
            .awaitStopped(!options.waiting.noWait);
    if (options.how.stoppedMode != null) {
      builder.stoppedMode(options.how.stoppedMode);
    }
    if (options.retries.deadline != null) {
      builder.busyTimeout(options.retries.deadline);
    }
    Duration waitTimeout = options.waiting.waitTimeout;
    if (waitTimeout != null) {
      builder.awaitOptions(wait -> wait.timeout(waitTimeout));
    }
    if (options.retries.runDeadline != null) {
      builder.runDeadline(options.retries.runDeadline);
    }
    if (options.safety.maxFailures != null) {
      builder.failureLimit(options.safety.maxFailures);
    }
    if (options.where.isSimulated()) {
      builder.awaitOptions(wait -> wait.pollInterval(ServiceTarget.SIMULATED_POLL_INTERVAL));
    }
    String runId = options.safety.runId;
    if (runId == null && options.safety.resume) {
      // The journal has it.
      return builder.build();
    }
    try {
      return builder.runId(runId == null ? UUID.randomUUID().toString() : runId).build();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--run-id: " + e.getMessage() + ", was \"" + runId + "\"");
    }
  }
}
