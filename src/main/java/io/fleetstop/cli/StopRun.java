package io.fleetstop.cli;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownRun;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Schedulers;

/** One run, from its first call to its exit code. The calling thread takes the outcomes. */
final class StopRun {

  /**
   * How many outcomes may wait to be printed. Demand drives the calls, and so this has to leave
   * room for all instances that may be open, however many were printed since more was asked for.
   */
  private static final int UNPRINTED = 4_096;

  private final ShutdownRun run;
  private final Terminal terminal;
  private final ConsoleReporter narrator;
  private final WaveNotes waveNotes;
  private final ResumeHint wayOn;
  private volatile boolean isInterrupted;
  private @Nullable Throwable failure;

  StopRun(
      ShutdownRun run,
      Terminal terminal,
      ConsoleReporter narrator,
      WaveNotes waveNotes,
      ResumeHint wayOn) {
    this.run = run;
    this.terminal = terminal;
    this.narrator = narrator;
    this.waveNotes = waveNotes;
    this.wayOn = wayOn;
  }

  /** Stops the instances and tells of each. */
  ExitCode stop() {
    Runnable restoreSignals = terminal.onInterrupt(this::interrupt);
    waveNotes.atFirst().forEach(narrator::remark);
    try {
      // As signals, because an error would overtake the outcomes that wait to be taken.
      // From a thread that may block, since handing over to this one takes a lock.
      Flux<Signal<ShutdownOutcome>> signals =
          run.outcomes().materialize().publishOn(Schedulers.boundedElastic(), UNPRINTED);
      // Closed when this thread can take no more, or the run would go on without anybody.
      try (Stream<Signal<ShutdownOutcome>> taken = signals.toStream()) {
        taken.forEach(this::take);
      }
    } finally {
      try {
        restoreSignals.run();
      } finally {
        narrator.end();
      }
    }
    return exitCode();
  }

  private void take(Signal<ShutdownOutcome> signal) {
    ShutdownOutcome outcome = signal.get();
    if (outcome == null) {
      failure = signal.getThrowable();
      return;
    }
    boolean isRead = narrator.tell(Outcome.of(outcome));
    if (isInterrupted) {
      return;
    }
    waveNotes.after(narrator.tally()).forEach(narrator::remark);
    if (!isRead) {
      end("Nobody reads the output any more: no new calls are sent");
    }
  }

  /** Why the run ended before its end, or {@code null}. */
  @Nullable String endedBy() {
    if (failure == null) {
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
    end("Interrupted" + whatFollows() + " Interrupt again to end at once." + goOnWith());
  }

  /** Ends the run because somebody asked for it at the terminal. */
  void endAsAsked() {
    end("Ending" + whatFollows() + goOnWith());
  }

  private String whatFollows() {
    return " (run id "
        + TerminalText.escape(wayOn.runId())
        + "): no new calls are sent, those in flight end by themselves.";
  }

  private String goOnWith() {
    return " Go on with: " + wayOn.command();
  }

  private void end(String why) {
    isInterrupted = true;
    // The run first: whoever prints may have to wait for a reader of stdout.
    narrator.ending();
    run.drain();
    narrator.note(why);
  }

  private ExitCode exitCode() {
    if (isInterrupted) {
      return ExitCode.INTERRUPTED;
    }
    if (failure == null) {
      return narrator.tally().isWell() ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
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
