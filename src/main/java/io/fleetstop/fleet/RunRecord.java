package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.fleet.MonoStages.Stage;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What a run reads from its journal and appends to it; a run without one records nothing. */
final class RunRecord {

  private final @Nullable ShutdownJournal journal;
  private final @Nullable JournalState before;
  private final Consumer<EcsException> onFailure;

  /**
   * Creates the record of a run.
   *
   * @param onFailure ends the run: any error of a journal does, which users may implement
   */
  RunRecord(@Nullable ShutdownJournal journal, Consumer<EcsException> onFailure) {
    this.journal = journal;
    this.before = journal == null ? null : journal.state();
    this.onFailure = onFailure;
  }

  /**
   * Claims the journal for this run: the state of one that another run has used lacks the events of
   * that run, which would be repeated.
   *
   * @throws EcsException if another run has claimed it
   */
  void claim() {
    if (before != null && !before.tryClaim()) {
      throw JournalErrors.unusable(
          String.valueOf(journal),
          "another run uses it or has used it; let that run end, close the journal with"
              + " disposeLater() and open it again with ShutdownJournal.resume");
    }
  }

  /** Returns the state before this run, or {@code null} without a journal. */
  @Nullable JournalState before() {
    return before;
  }

  boolean isCompleted(InstanceId id) {
    return before != null && before.isCompleted(id);
  }

  /** Whether the instance may have been called before, and has no final outcome. */
  boolean isIncomplete(InstanceId id) {
    return (before != null && before.isIncomplete(id)) || isTakenOver(id);
  }

  private boolean isTakenOver(InstanceId id) {
    return journal != null && journal.isTakenOver(id);
  }

  /** Whether a call for an instance that is open may have had an effect. */
  boolean mayHaveBeenCalled(InstanceId id) {
    return (before != null && before.isIncomplete(id) && !before.isRejected(id)) || isTakenOver(id);
  }

  Mono<Void> appendIntent(InstanceId id) {
    return journal == null ? Mono.empty() : append(new Intent(now(), id));
  }

  /** Returns the stage of an outcome: emitted even if it cannot be recorded, since it happened. */
  Stage<ShutdownOutcome> appendOutcome(ShutdownOutcome outcome) {
    return journal == null
        ? Stage.result(outcome)
        : Stage.of(append(OutcomeRecord.of(outcome, now())).thenReturn(outcome), Stage::result);
  }

  static Instant now() {
    return Instant.ofEpochMilli(Schedulers.parallel().now(TimeUnit.MILLISECONDS));
  }

  Mono<Void> append(JournalEvent event) {
    ShutdownJournal to = journal;
    if (to == null) {
      return Mono.empty();
    }
    Mono<Void> writing;
    try {
      writing = Objects.requireNonNull(to.append(event), "append returned null");
    } catch (RuntimeException thrown) {
      writing = Mono.error(thrown);
    }
    return writing.onErrorResume(
        error -> {
          onFailure.accept(JournalErrors.unwritable(to.toString(), error));
          return Mono.empty();
        });
  }
}
