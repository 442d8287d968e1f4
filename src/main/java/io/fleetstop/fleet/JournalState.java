package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The state of a run according to the events of its journal: which instances are finished, and
 * which may have been called and have no final outcome. {@link ShutdownJournal} has the table of
 * the rules. Neither reads nor writes anything, and has no clock:
 *
 * <pre>{@code
 * Mono<JournalState> replayed =
 *     lines.reduceWith(() -> JournalState.of("table runs", options), JournalState::apply);
 * }</pre>
 *
 * <p>{@link #apply(String)} changes the state in place and returns it, because a copy for each line
 * would be quadratic. One thread at a time may apply; any thread may read once no more is applied.
 * Memory: about 30 bytes for each finished id, some hundred for the few that are open or have
 * failed.
 */
public final class JournalState {

  private final String journal;
  private final IdSet completed = new IdSet();
  // Of those in completed: a later event shows that they are not.
  private final Set<InstanceId> reopened = new HashSet<>();
  private final Set<InstanceId> failed = new HashSet<>();
  private final Set<InstanceId> incomplete = new HashSet<>();
  // Of those in incomplete: it is known that no call had an effect.
  private final Set<InstanceId> rejected = new HashSet<>();
  // Of those in incomplete: they have an outcome, which is not final.
  private final Set<InstanceId> undecided = new HashSet<>();
  // Of those in incomplete: the batch of the last call, if it was not a single call.
  private final Map<InstanceId, StopBatch> batches = new HashMap<>();
  // The states of a run over several targets, whose own sets are empty.
  private final Map<Target, JournalState> targets = new LinkedHashMap<>();
  // Targets without an event. A target has one state, so that one run can claim it.
  private final Map<Target, JournalState> untouched = new ConcurrentHashMap<>();
  private final AtomicBoolean claimed = new AtomicBoolean();
  private long lastBatch;
  private ShutdownOptions options;
  private boolean begun;
  private int lines;

  private JournalState(String journal, ShutdownOptions options) {
    this.journal = Objects.requireNonNull(journal, "journal");
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * Returns the state of a journal without events, of the run of {@code options} or, if they have
   * no run id, of any run with their parameters.
   *
   * @param journal the name of the journal in errors
   */
  public static JournalState of(String journal, ShutdownOptions options) {
    return new JournalState(journal, options);
  }

  /**
   * Begins a new run and returns the event to append first. A run without an id is given one.
   *
   * @throws IllegalStateException if the journal has events
   */
  public JournalEvent begin() {
    if (begun) {
      throw new IllegalStateException("the journal " + journal + " has begun");
    }
    String given = options.runId();
    Header header = Header.of(given == null ? UUID.randomUUID().toString() : given, options);
    apply(header);
    return header;
  }

  /**
   * Applies the next stored line, and returns this state.
   *
   * @param line without a line feed
   * @throws EcsException with the code {@link ClientErrors#JOURNAL_FAILED} if the line cannot be
   *     read or was changed, or the journal is of another run, has other parameters (force, stopped
   *     mode, dry run, scope) or cannot be resumed; the message names the reason
   */
  public JournalState apply(String line) {
    return apply(line.getBytes(StandardCharsets.UTF_8));
  }

  JournalState apply(byte[] line) {
    try {
      return apply(JournalFormat.parse(line));
    } catch (UnreadableLine e) {
      throw unreadable(lines + 1, e);
    }
  }

  /**
   * Applies the next event, and returns this state.
   *
   * @throws EcsException as {@link #apply(String)}
   */
  public JournalState apply(JournalEvent event) {
    lines++;
    try {
      JournalFormat.requireInPlace(event, begun);
    } catch (UnreadableLine e) {
      throw unreadable(lines, e);
    }
    if (event instanceof TargetEvent targeted) {
      targets.computeIfAbsent(targeted.target(), this::begunState).apply(targeted.event());
    } else if (event instanceof Header header) {
      begin(header);
    } else if (event instanceof Intent intent) {
      intend(intent.id());
      batches.remove(intent.id());
    } else if (event instanceof BatchIntent intent) {
      intend(intent.batch());
    } else if (event instanceof OutcomeRecord outcome) {
      apply(outcome);
    }
    return this;
  }

  private JournalState begunState(Target target) {
    JournalState state = new JournalState(journal, options);
    state.begun = true;
    return state;
  }

  private void intend(InstanceId id) {
    incomplete.add(id);
    rejected.remove(id);
  }

  private void intend(StopBatch batch) {
    lastBatch = Math.max(lastBatch, batch.number());
    for (InstanceId id : batch.ids()) {
      intend(id);
      batches.put(id, batch);
    }
  }

  private void begin(Header header) {
    String reason = difference(header);
    if (reason != null) {
      throw refusal(
          "it is of a run with "
              + reason
              + "; resume it with the options of that run, or name another file");
    }
    options = options.mutate().runId(header.runId()).build();
    begun = true;
  }

  private void apply(OutcomeRecord outcome) {
    // An instance that is stopped now may have been stopped by the dry run.
    if (outcome.errorCode().equals(ClientErrors.UNEXPECTED_SUCCESS.code())) {
      throw refusal("its dry run may have stopped " + outcome.id() + ", and cannot be resumed");
    }
    boolean done =
        outcome.conclusive()
            && !(outcome.outcome() == Kind.ACCEPTED && options.isAwaitingStopped());
    if (done) {
      complete(outcome.id(), outcome.outcome() == Kind.FAILED);
    } else if (outcome.outcome() == Kind.SKIPPED) {
      skip(outcome.id());
    } else {
      reopen(outcome.id(), outcome.rejected());
    }
  }

  // The last event counts.
  private void complete(InstanceId id, boolean failure) {
    completed.add(id);
    reopened.remove(id);
    incomplete.remove(id);
    rejected.remove(id);
    undecided.remove(id);
    batches.remove(id);
    if (failure) {
      failed.add(id);
    } else {
      failed.remove(id);
    }
  }

  // No call has had an effect, this time and before: otherwise it would be unconfirmed.
  private void skip(InstanceId id) {
    batches.remove(id);
    if (undecided.contains(id)) {
      rejected.add(id);
    } else {
      incomplete.remove(id);
    }
  }

  private void reopen(InstanceId id, boolean withoutEffect) {
    incomplete.add(id);
    undecided.add(id);
    failed.remove(id);
    if (completed.contains(id)) {
      reopened.add(id);
    }
    // Without that mark an earlier rejection stays: the instance may have been polled only, not
    // called.
    if (withoutEffect) {
      rejected.add(id);
    }
  }

  private @Nullable String difference(Header header) {
    String runId = options.runId();
    Header wanted = Header.of(runId == null ? header.runId() : runId, options);
    String[] differences = {
      difference("operation", header.operation(), wanted.operation()),
      difference("run id", header.runId(), wanted.runId()),
      difference("scope", String.valueOf(header.scope()), String.valueOf(wanted.scope())),
      difference("force", header.forceStop(), wanted.forceStop()),
      difference("stopped mode", header.stoppedMode(), wanted.stoppedMode()),
      difference("dry run", header.dryRun(), wanted.dryRun())
    };
    for (String difference : differences) {
      if (!difference.isEmpty()) {
        return difference;
      }
    }
    return null;
  }

  private static String difference(String what, Object journal, Object wanted) {
    return journal.equals(wanted) ? "" : what + " " + journal + ", this one has " + wanted;
  }

  private EcsException unreadable(long line, UnreadableLine reason) {
    return refusal(
        "line "
            + line
            + " cannot be read: "
            + reason.getMessage()
            + (line == 1
                ? "; the file is not a journal, or its beginning is damaged"
                : "; repair it, or begin a new journal, which finds stopped instances as such"));
  }

  private EcsException refusal(String reason) {
    return JournalErrors.unusable(journal, reason);
  }

  /** The options of the run; with the run id of the journal once it has an event. */
  public ShutdownOptions options() {
    return options;
  }

  /** Whether the journal has no event, so that {@link #begin()} is next. */
  public boolean isEmpty() {
    return !begun;
  }

  /** Returns the targets of a run over several that have an event. Empty for any other run. */
  public Set<Target> targets() {
    return Collections.unmodifiableSet(targets.keySet());
  }

  /** Returns the state of one target, which is empty if the target has no event. */
  public JournalState of(Target target) {
    JournalState known = targets.get(target);
    return known == null ? untouched.computeIfAbsent(target, this::begunState) : known;
  }

  /** Returns whether no run has claimed this state before. */
  boolean tryClaim() {
    return claimed.compareAndSet(false, true);
  }

  /** Returns the number of instances that have a final outcome, in all targets. */
  public int completed() {
    return completed.size()
        - reopened.size()
        + targets.values().stream().mapToInt(JournalState::completed).sum();
  }

  /** Returns the number of {@link #completed()} instances that have failed. */
  public int completedFailures() {
    return failed.size()
        + targets.values().stream().mapToInt(JournalState::completedFailures).sum();
  }

  /** Whether it has instances without a target. */
  boolean hasInstancesOfNoTarget() {
    return completed.size() > 0 || !incomplete.isEmpty();
  }

  /** Whether the instance has a final outcome. Of a run over several targets, see {@link #of}. */
  public boolean isCompleted(InstanceId id) {
    return completed.contains(id) && !reopened.contains(id);
  }

  /** Whether the instance may have been called, and has no final outcome. */
  boolean isIncomplete(InstanceId id) {
    return incomplete.contains(id);
  }

  /** Whether every call for an instance that is open is known to have had no effect. */
  boolean isRejected(InstanceId id) {
    return rejected.contains(id);
  }

  /** Returns the batch by which an open instance may have been called last, if by one. */
  @Nullable StopBatch batchOf(InstanceId id) {
    return rejected.contains(id) ? null : batches.get(id);
  }

  /** Returns the highest number of a batch, 0 if there is none. */
  long lastBatch() {
    return lastBatch;
  }

  /**
   * The instances that may have been called and have no final outcome: a resumed run must be given
   * them, even if they are not found by filters any more. Of a run over several targets, see {@link
   * #of}. Unmodifiable.
   */
  public Set<InstanceId> incomplete() {
    return Collections.unmodifiableSet(incomplete);
  }

  /**
   * Returns the {@link #incomplete()} instances that a caller does not name. Only the journal says
   * that a resumed run must stop them: ask before they are stopped.
   *
   * @param named the ids that the caller was given or has found
   */
  public Set<InstanceId> incompleteExcept(Set<InstanceId> named) {
    Set<InstanceId> others = new LinkedHashSet<>(incomplete);
    others.removeAll(named);
    return others;
  }
}
