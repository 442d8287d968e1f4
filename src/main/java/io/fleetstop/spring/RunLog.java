package io.fleetstop.spring;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs one line under the name {@code io.fleetstop.runs} for each run that ended early: at {@code
 * WARN} with the error, at {@code INFO} if it was drained.
 */
final class RunLog implements RunListener {

  /** The logger's name, in the documentation. */
  static final String LOGGER = "io.fleetstop.runs";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  private static final String REMEDY =
      "Ids without an outcome were not called; stop them in another run";

  @Override
  public void batchesUnavailable(ShutdownRun run, String reason) {
    LOG.info("A fleet run stops each instance by a call of its own: {}", reason);
  }

  @Override
  public void runTerminated(ShutdownRun run) {
    Throwable error = run.error();
    if (error != null) {
      LOG.warn(
          "A fleet run ended early with {}. {}. {}", reason(error), counts(run.progress()), REMEDY);
    } else if (run.isDrained()) {
      LOG.info("A fleet run ended early: it was drained. {}. {}", counts(run.progress()), REMEDY);
    }
  }

  /** The type alone of another error: the message of the application's source may hold anything. */
  private static String reason(Throwable error) {
    return error instanceof EcsException ours
        ? ours.errorCode().code() + " (" + ours.reason() + ")"
        : error.getClass().getSimpleName();
  }

  private static String counts(ShutdownProgress progress) {
    String counts =
        Arrays.stream(Kind.values())
            .filter(kind -> count(progress, kind) > 0)
            .map(kind -> kind + " " + count(progress, kind))
            .collect(Collectors.joining(", "));
    return "Outcomes: " + (counts.isEmpty() ? "none" : counts);
  }

  private static long count(ShutdownProgress progress, Kind kind) {
    return switch (kind) {
      case STOPPED -> progress.stopped();
      case ALREADY_STOPPED -> progress.alreadyStopped();
      case STARTED -> progress.running();
      case ALREADY_RUNNING -> progress.alreadyRunning();
      case ACCEPTED -> progress.accepted();
      case DRY_RUN_PASSED -> progress.dryRunPassed();
      case FAILED -> progress.failed();
      case UNCONFIRMED -> progress.unconfirmed();
      case SKIPPED -> progress.skipped();
    };
  }
}
