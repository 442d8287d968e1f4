package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.Operation;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownRun;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** Runs a fleet from its first call to its exit code. The calling thread consumes the outcomes. */
public final class OutcomeLoop {

  /**
   * The maximum number of outcomes that wait to be printed. Demand drives the calls, so it must
   * exceed the number of open instances and of outcomes printed since the last request.
   */
  private static final int UNPRINTED = 4_096;

  private final RunHandle run;
  private final ConsoleReporter reporter;
  private final WaveControl waves;
  private final ResumeHint resumeHint;
  private volatile boolean interrupted;

  /** Why the user ended the run otherwise than by a signal. */
  private volatile @Nullable String endedByUser;

  private @Nullable Throwable failure;

  public OutcomeLoop(
      RunHandle run, ConsoleReporter reporter, WaveControl waves, ResumeHint resumeHint) {
    this.run = run;
    this.reporter = reporter;
    this.waves = waves;
    this.resumeHint = resumeHint;
  }

  /** Stops the instances and reports each outcome. */
  public ExitCode stop() {
    waves.begin(reporter, this::endOnRefusal);
    try {
      // Materialised, because an error would overtake the queued outcomes.
      // Published on a thread that may block, since the queue to this one takes a lock.
      Flux<Signal<OutcomeLine>> signals =
          run.outcomes()
              .contextWrite(Context.of(RunListener.CONTEXT_KEY, new FallbackNotice()))
              .materialize()
              .publishOn(Schedulers.boundedElastic(), UNPRINTED);
      // Closed when this thread fails, since the run would continue without a consumer.
      try (Stream<Signal<OutcomeLine>> taken = signals.toStream()) {
        taken.forEach(this::take);
      }
    } finally {
      reporter.end();
    }
    return exitCode();
  }

  private final class FallbackNotice implements RunListener {
    @Override
    public void batchesUnavailable(ShutdownRun run, String reason) {
      reporter.info(
          "--batch has no effect: "
              + TerminalText.escape(reason)
              + "; each instance is stopped by a call of its own");
    }
  }

  private void take(Signal<OutcomeLine> signal) {
    OutcomeLine outcome = signal.get();
    if (outcome == null) {
      failure = signal.getThrowable();
      return;
    }
    boolean read = reporter.report(outcome);
    if (interrupted) {
      return;
    }
    waves.onReported();
    if (!read) {
      end(reporter.outFailure() + ": no new calls are sent");
    }
  }

  /**
   * Handles the signals of a command from its first request to its last line. Before the run there
   * is nothing to finish, and after it only the report and the journal. Either the run begins or a
   * signal ends the process before it: never both.
   */
  public static final class Interruption implements AutoCloseable {

    private final Terminal terminal;
    private final String done;
    private final Runnable restoreSignals;
    private @Nullable Runnable action;
    private boolean ended;

    /** Ends the process on a signal until a run that stops instances is given. */
    public Interruption(Terminal terminal) {
      this(terminal, Operation.STOP);
    }

    /** Ends the process on a signal until a run is given. */
    public Interruption(Terminal terminal, Operation operation) {
      this.terminal = terminal;
      this.done = operation == Operation.START ? "started" : "stopped";
      this.restoreSignals = terminal.onInterrupt(this::interrupt);
    }

    private void interrupt() {
      Runnable current = actionOrEnd();
      if (current != null) {
        current.run();
      }
    }

    // The lock is held to the end of the process, so that no run begins in the meantime. The action
    // of a run is executed without it, because it may block on stderr.
    private synchronized @Nullable Runnable actionOrEnd() {
      if (action == null && !ended) {
        ended = true;
        terminal.err().print("\nfleetstop: interrupted; this command " + done + " nothing\n");
        terminal.err().flush();
        terminal.exitInterrupted();
      }
      return action;
    }

    /**
     * Replaces the action of a signal.
     *
     * @throws CommandFailure if a signal came before the first action
     */
    public synchronized void replaceAction(Runnable next) {
      if (ended) {
        throw CommandFailure.interrupted();
      }
      action = next;
    }

    @Override
    public void close() {
      restoreSignals.run();
    }
  }

  /** Returns why the run ended early, or {@code null}. */
  public @Nullable String endedBy() {
    if (failure == null) {
      return endedByUser;
    }
    if (failure instanceof EcsException error) {
      return error.errorCode().code() + ": " + error.reason();
    }
    return failure.toString();
  }

  /** Drains the run on a signal. */
  public void interrupt() {
    end("Interrupted" + consequence() + " Interrupt again to end at once." + resumeNote());
  }

  /** Drains the run on a typed command. */
  public void drainOnRequest() {
    endedByUser = "drain was typed";
    end("Ending" + consequence() + resumeNote());
  }

  // The note first: no call is in flight, so that the run ends at once, and its summary follows.
  private void endOnRefusal() {
    interrupted = true;
    endedByUser = "the next wave was not confirmed";
    reporter.note("The next wave was not confirmed and is not started." + resumeNote());
    reporter.markDraining();
    run.drain();
  }

  private String consequence() {
    return " (run id "
        + TerminalText.escape(resumeHint.runId())
        + "): no new calls are sent, calls in flight finish.";
  }

  private String resumeNote() {
    return " Resume with: " + resumeHint.command();
  }

  private void end(String why) {
    interrupted = true;
    // The run first: printing may block on stdout.
    reporter.markDraining();
    run.drain();
    reporter.note(why);
  }

  private ExitCode exitCode() {
    if (interrupted) {
      return ExitCode.INTERRUPTED;
    }
    if (failure == null) {
      return reporter.counts().allSucceeded() ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
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
