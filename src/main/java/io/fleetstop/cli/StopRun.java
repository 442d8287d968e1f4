package io.fleetstop.cli;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;

/** One run, from its first call to its exit code. The calling thread takes the outcomes. */
final class StopRun {

  /** How many outcomes may wait to be printed. */
  private static final int UNPRINTED = 256;

  private final FleetShutdown fleet;
  private final Pace pace;
  private final Interruption interruption;
  private final Terminal terminal;
  private final Narrator narrator;
  private final String runId;
  private @Nullable Throwable failure;

  StopRun(
      FleetShutdown fleet,
      Pace pace,
      Interruption interruption,
      Terminal terminal,
      Narrator narrator,
      String runId) {
    this.fleet = fleet;
    this.pace = pace;
    this.interruption = interruption;
    this.terminal = terminal;
    this.narrator = narrator;
    this.runId = runId;
  }

  /** Stops the instances and tells of each. */
  ExitCode stop(Set<InstanceId> ids) {
    Runnable restoreSignals = terminal.onInterrupt(this::interrupt);
    try {
      Flux<InstanceId> paced = interruption.end(pace.intake().pace(Flux.fromIterable(ids)));
      // As signals, because an error would overtake the outcomes that wait to be taken.
      fleet.stop(paced).materialize().toIterable(UNPRINTED).forEach(this::take);
    } finally {
      restoreSignals.run();
      narrator.end();
    }
    return exitCode();
  }

  private void take(Signal<ShutdownOutcome> signal) {
    ShutdownOutcome outcome = signal.get();
    if (outcome == null) {
      failure = signal.getThrowable();
    } else if (!narrator.tell(Outcome.of(outcome)) && !interruption.isOrdered()) {
      interruption.order();
      narrator.note("Nobody reads the output any more: no new calls are sent");
    }
  }

  /** Why the run ended before its end, or {@code null}. */
  @Nullable String endedBy() {
    if (failure == null || interruption.isOrdered()) {
      return null;
    }
    if (failure instanceof EcsException error) {
      String detail = error.detail();
      return error.errorCode().code()
          + ": "
          + (detail == null ? error.errorCode().meaning() : detail);
    }
    return failure.toString();
  }

  private void interrupt() {
    interruption.order();
    narrator.note(
        "Interrupted (run id "
            + TerminalText.escape(runId)
            + "): no new calls are sent, those in flight end by themselves."
            + " Interrupt again to end at once.");
  }

  private ExitCode exitCode() {
    if (interruption.isOrdered()) {
      return ExitCode.INTERRUPTED;
    }
    if (failure == null) {
      return narrator.tally().problems() == 0 ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
    }
    if (failure instanceof EcsException error) {
      if (error.errorCode().equals(ClientErrors.FAILURE_BUDGET_EXHAUSTED)) {
        return ExitCode.FAILURE_LIMIT;
      }
      if (error.category() == Category.AUTH) {
        return ExitCode.CONFIGURATION;
      }
    }
    return ExitCode.INSTANCES_FAILED;
  }
}
