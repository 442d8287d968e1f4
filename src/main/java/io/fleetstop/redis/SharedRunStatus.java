package io.fleetstop.redis;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a shared run. Only the accessors are stable: components may be added.
 *
 * @param runId the id of the run
 * @param parameters what all workers have in common
 * @param state the state of the run
 * @param reason why it has failed; empty otherwise
 * @param total the number of instances of the run
 * @param queued the number of instances that no worker has taken yet
 * @param open the number of instances that were taken and have no outcome
 * @param awaited the number of instances that the service has accepted and that have no outcome
 * @param workers the number of workers whose lease has not expired
 * @param wave the number of the current wave, starting at 1
 * @param outcomes the number of outcomes of each kind; unmodifiable
 * @param recorded the number of outcomes that are recorded with their instance
 * @param budget the counts that the failure limit and the waves start from
 * @param created when the run was created
 * @param ended when the last instance got its outcome, or {@code null} if none is recorded
 */
public record SharedRunStatus(
    String runId,
    SharedRunParameters parameters,
    State state,
    String reason,
    long total,
    long queued,
    long open,
    long awaited,
    long workers,
    int wave,
    Map<Kind, Long> outcomes,
    long recorded,
    Budget budget,
    @Nullable Instant created,
    @Nullable Instant ended) {

  /** The states of a shared run. */
  public enum State {
    /** The ids are being loaded; none is taken yet. */
    LOADING,
    /** Workers take instances. */
    RUNNING,
    /** No worker sends a stop request until the run is resumed. */
    PAUSED,
    /** No instance is started; a later resume continues the run. */
    DRAINING,
    /** The failure limit was exceeded; a later resume continues the run. */
    FAILED
  }

  /**
   * Counts that no longer count: those before the run was resumed, and those before the current
   * wave.
   */
  public record Budget(long failures, long outcomes, long waveFailures, long waveOutcomes) {}

  /** Parses the reply of a script: fields of the head, and the counts that it has not. */
  static SharedRunStatus of(String runId, List<?> reply) {
    Map<String, String> head = new HashMap<>();
    List<?> fields = (List<?>) reply.get(0);
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      head.put((String) fields.get(i), (String) fields.get(i + 1));
    }
    Map<Kind, Long> outcomes = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      outcomes.put(kind, number(head, kind.name()));
    }
    return new SharedRunStatus(
        runId,
        SharedRunParameters.ofFields(head),
        State.valueOf(head.getOrDefault("state", "loading").toUpperCase(Locale.ROOT)),
        head.getOrDefault("reason", ""),
        number(head, "total"),
        (Long) reply.get(1),
        (Long) reply.get(2),
        number(head, "awaited"),
        (Long) reply.get(3),
        (int) number(head, "wave") + 1,
        Map.copyOf(outcomes),
        (Long) reply.get(4),
        new Budget(
            number(head, "failuresBefore"),
            number(head, "outcomesBefore"),
            number(head, "waveFailures"),
            number(head, "waveOutcomes")),
        instant(head.get("created")),
        instant(head.get("ended")));
  }

  private static @Nullable Instant instant(@Nullable String millis) {
    return millis == null ? null : Instant.ofEpochMilli(Long.parseLong(millis));
  }

  private static long number(Map<String, String> head, String field) {
    return SharedRunParameters.number(head, field, SharedRunParameters.MAX_COUNT);
  }

  /** Returns the number of outcomes. */
  public long done() {
    return outcomes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the number of outcomes that count against the failure limit. */
  public long failures() {
    return outcomes.entrySet().stream()
        .filter(entry -> entry.getKey().isFailure())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Whether every instance has its outcome. */
  public boolean isDone() {
    return state != State.LOADING && done() == total && isConsistent();
  }

  /**
   * Whether each instance is queued, open or has its outcome, and the counts of the outcomes agree.
   * Otherwise Redis has lost a part of the run, or something else has changed its keys.
   */
  public boolean isConsistent() {
    return contradiction() == null;
  }

  /** Returns what contradicts itself, in a sentence without its subject, or {@code null}. */
  public @Nullable String contradiction() {
    if (state == State.LOADING) {
      return null;
    }
    if (recorded != done()) {
      return "counts " + done() + " outcomes, and has recorded " + recorded;
    }
    long known = queued + open + recorded;
    if (known > total) {
      return "has " + known + " instances, more than its " + total;
    }
    return known == total
        ? null
        : "has "
            + (total - known)
            + " of "
            + total
            + " instances that are neither queued nor open and have no outcome";
  }

  /**
   * Whether it can no longer become consistent: there are instances that the run has not, or all
   * have ended and the counts of their outcomes differ. While some are left, different counts are
   * no reason to end: a Redis without memory may fail between two of them.
   */
  boolean isBeyondRepair() {
    boolean ended = queued + open == 0;
    return state != State.LOADING
        && (queued + open + Math.min(recorded, done()) > total || (ended && recorded != done()));
  }

  /** Whether instances are missing, which workers may know. */
  boolean isMissingInstances() {
    return state != State.LOADING && queued + open + Math.max(recorded, done()) < total;
  }
}
