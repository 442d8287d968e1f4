package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.AlreadyRunning;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides by its description whether an instance is as the stop run has left it. One that has been
 * changed since, or was stopped before, is not started.
 */
final class ChangeCheck implements InstanceCheck {

  private final Map<InstanceId, StoppedByRun> stopped;
  private final Duration tolerance;
  private final Duration stopTimeout;
  private final boolean includeChanged;

  /**
   * Creates a check.
   *
   * @param tolerance how much later than the outcome, or earlier than the call, the service may
   *     date its stop
   * @param stopTimeout how long an instance may take to stop after an outcome that did not wait for
   *     it
   */
  ChangeCheck(
      Map<InstanceId, StoppedByRun> stopped,
      Duration tolerance,
      Duration stopTimeout,
      boolean includeChanged) {
    this.stopped = stopped;
    this.tolerance = tolerance;
    this.stopTimeout = stopTimeout;
    this.includeChanged = includeChanged;
  }

  @Override
  public @Nullable ShutdownOutcome outcomeOf(InstanceId id, Instance instance) {
    State state = instance.state();
    if (state == State.RUNNING || state == State.STARTING) {
      return new AlreadyRunning(id, ProtectionCheck.NO_CALL);
    }
    if (includeChanged) {
      return null;
    }
    String change = changeOf(id, instance);
    return change == null ? null : new Skipped(id, ProtectionCheck.NO_CALL, change);
  }

  private @Nullable String changeOf(InstanceId id, Instance instance) {
    State state = instance.state();
    if (state != State.STOPPED && state != State.STOPPING) {
      return "it was changed since the run stopped it: it is " + instance.status();
    }
    StoppedByRun before = stopped.get(id);
    Instant updated = timeOf(instance.received().updatedAt());
    if (before == null || updated == null) {
      return null;
    }
    Instant latest = before.at().plus(tolerance);
    if (!before.seen()) {
      latest = latest.plus(stopTimeout);
    }
    if (updated.isAfter(latest)) {
      return "it was changed since the run stopped it: the service dates its last change "
          + updated
          + ", the run its stop "
          + before.at();
    }
    // Stopped before, and the replies that would have shown it were lost.
    return !before.accepted() && updated.isBefore(before.calledAt().minus(tolerance))
        ? "it was stopped before the run called it: the service dates its last change "
            + updated
            + ", the run its call "
            + before.calledAt()
        : null;
  }

  /** Returns the time, or {@code null} if the service does not write one: the state decides. */
  private static @Nullable Instant timeOf(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
