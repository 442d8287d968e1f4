package io.fleetstop.fleet;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * The current wave of a run. Calls of {@link #isFull} and {@link #tryAdvance} must be serialised;
 * {@link #number} may be read by any thread.
 */
final class WaveGate {

  /** What a gate does to its run. */
  interface Control {

    /** Ends the run, because a wave exceeded the failure limit. */
    void onLimitExceeded(String reason);

    /**
     * Ends the run, because the next wave is not approved.
     *
     * @param error the error of the approval, or {@code null} if it was refused
     */
    void onRefused(@Nullable Throwable error);

    /** Calls {@link #tryAdvance} again. */
    void reevaluate();

    /** Completes when the run is stopped. */
    Mono<Void> stopped();
  }

  private enum Decision {
    UNDECIDED,
    PENDING,
    APPROVED
  }

  private final List<Long> ends;
  private final @Nullable WaveApproval approval;
  private final FailureLimit limit;
  private final Control control;
  private final AtomicReference<Decision> next = new AtomicReference<>(Decision.UNDECIDED);
  private volatile int completed;
  private long failuresBefore;
  private long outcomesBefore;

  WaveGate(Waves waves, FailureLimit limit, Control control) {
    this.ends = Objects.requireNonNull(waves, "waves").ends();
    this.approval = waves.approval();
    this.limit = limit;
    this.control = control;
  }

  /** Returns the number of the current wave, starting at 1. */
  int number() {
    return completed + 1;
  }

  /** Whether {@code admitted} instances fill the current wave and all waves before it. */
  boolean isFull(long admitted) {
    return completed < ends.size() && admitted >= ends.get(completed);
  }

  /**
   * Starts the next wave if neither the current wave nor all waves so far exceed the failure limit,
   * and it is approved. Called again while the approval is pending.
   *
   * @param context the context of the run, for the approval
   * @return whether the next wave was started
   */
  boolean tryAdvance(long failures, long outcomes, ContextView context) {
    if (next.compareAndSet(Decision.UNDECIDED, Decision.PENDING)) {
      decide(failures, outcomes, context);
    }
    if (!next.compareAndSet(Decision.APPROVED, Decision.UNDECIDED)) {
      return false;
    }
    failuresBefore = failures;
    outcomesBefore = outcomes;
    completed = number();
    return true;
  }

  private void decide(long failures, long outcomes, ContextView context) {
    String reason = exceeded(failures, outcomes);
    if (reason != null) {
      control.onLimitExceeded(reason);
    } else if (approval == null) {
      next.set(Decision.APPROVED);
    } else {
      WaveEnd end = new WaveEnd(number(), outcomes - outcomesBefore, failures - failuresBefore);
      Mono.defer(() -> Mono.from(approval.approve(end)))
          .defaultIfEmpty(false)
          .takeUntilOther(control.stopped())
          .contextWrite(context)
          .subscribe(this::onAnswer, control::onRefused);
    }
  }

  private void onAnswer(boolean approved) {
    if (approved) {
      next.set(Decision.APPROVED);
      control.reevaluate();
    } else {
      control.onRefused(null);
    }
  }

  private @Nullable String exceeded(long failures, long outcomes) {
    long outcomesOfWave = outcomes - outcomesBefore;
    long failuresOfWave = failures - failuresBefore;
    if (limit.isExceededByWave(failuresOfWave, outcomesOfWave)) {
      return reason("of wave " + number(), failuresOfWave, outcomesOfWave);
    }
    return limit.isExceededByWave(failures, outcomes)
        ? reason("up to the end of wave " + number(), failures, outcomes)
        : null;
  }

  private String reason(String which, long failures, long outcomes) {
    return failures
        + " of "
        + outcomes
        + " outcomes "
        + which
        + " are failed or unconfirmed, more than the limit of "
        + limit
        + "; wave "
        + (number() + 1)
        + " was not started";
  }
}
