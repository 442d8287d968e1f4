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
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** One run, from its first call to its exit code. The calling thread takes the outcomes. */
final class StopRun {

  /** How many outcomes may wait to be printed. */
  private static final int UNPRINTED = 256;

  private final FleetShutdown fleet;
  private final Terminal terminal;
  private final Narrator narrator;
  private final WayOn wayOn;
  private final Sinks.Empty<Void> end = Sinks.empty();
  private volatile boolean isInterrupted;
  private @Nullable Throwable failure;

  StopRun(FleetShutdown fleet, Terminal terminal, Narrator narrator, WayOn wayOn) {
    this.fleet = fleet;
    this.terminal = terminal;
    this.narrator = narrator;
    this.wayOn = wayOn;
  }

  /** Stops the instances and tells of each. */
  ExitCode stop(Set<InstanceId> ids) {
    Runnable restoreSignals = terminal.onInterrupt(this::interrupt);
    try {
      // As signals, because an error would overtake the outcomes that wait to be taken.
      // From a thread that may block, since handing over to this one takes a lock.
      fleet
          .stop(Flux.fromIterable(ids), end.asMono())
          .materialize()
          .publishOn(Schedulers.boundedElastic(), UNPRINTED)
          .toIterable()
          .forEach(this::take);
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
    } else if (!narrator.tell(Outcome.of(outcome)) && !isInterrupted) {
      end("Nobody reads the output any more: no new calls are sent");
    }
  }

  /** Why the run ended before its end, or {@code null}. */
  @Nullable String endedBy() {
    if (failure == null || isInterrupted) {
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
    end(
        "Interrupted (run id "
            + TerminalText.escape(wayOn.runId())
            + "): no new calls are sent, those in flight end by themselves."
            + " Interrupt again to end at once. Go on with: "
            + wayOn.command());
  }

  private void end(String why) {
    isInterrupted = true;
    narrator.ending(why);
    end.tryEmitEmpty();
  }

  private ExitCode exitCode() {
    if (isInterrupted) {
      return ExitCode.INTERRUPTED;
    }
    if (failure == null) {
      return narrator.tally().problems() == 0 ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
    }
    if (failure instanceof EcsException error) {
      if (error.errorCode().equals(ClientErrors.FAILURE_BUDGET_EXHAUSTED)) {
        return ExitCode.FAILURE_LIMIT;
      }
      if (error.category() == Category.AUTH
          || error.errorCode().equals(ClientErrors.JOURNAL_FAILED)) {
        return ExitCode.CONFIGURATION;
      }
    }
    return ExitCode.INSTANCES_FAILED;
  }
}
