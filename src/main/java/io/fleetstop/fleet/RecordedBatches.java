package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The batches that earlier runs may have sent. One is repeated only if this run may call each of
 * its members: it would also stop an instance that was finished, excluded or protected since. The
 * other members are then called singly, with their own tokens. Until the run has found and checked
 * all members, those that could be called wait. Not thread-safe.
 */
final class RecordedBatches {

  /** What this run knows about a member. */
  enum Member {
    /** It is to be stopped, and is checked first. */
    STARTED,
    /** It may be called. */
    ADMITTED,
    /** It must not be called. */
    EXCLUDED
  }

  private final Function<InstanceId, @Nullable StopBatch> recorded;
  private final Map<InstanceId, Member> members = new HashMap<>();
  // By the whole batch, since a damaged or merged journal may have one number twice. Decided once:
  // a member that was called singly is not called by its batch later.
  private final Map<StopBatch, Boolean> repeatable = new HashMap<>();
  private final Map<StopBatch, List<BatchRequest>> waiting = new LinkedHashMap<>();
  private final Set<StopBatch> overdue = new HashSet<>();
  private boolean allStarted;

  /**
   * Creates the batches before a run.
   *
   * @param recorded returns the batch by which an earlier run may have called an instance last
   */
  RecordedBatches(Function<InstanceId, @Nullable StopBatch> recorded) {
    this.recorded = recorded;
  }

  /** Records what is known about a member. */
  void set(InstanceId id, Member state) {
    members.put(id, state);
  }

  /** Waits for no member that is not started. */
  void onAllStarted() {
    allStarted = true;
  }

  /** Waits for no member of a batch that is not started. */
  void onOverdue(StopBatch batch) {
    overdue.add(batch);
  }

  /** Returns the batch of an instance while it depends on its other members, or {@code null}. */
  @Nullable StopBatch undecided(InstanceId id) {
    StopBatch batch = recorded.apply(id);
    return batch == null || isDecided(batch) ? null : batch;
  }

  private boolean isDecided(StopBatch batch) {
    if (repeatable.containsKey(batch)) {
      return true;
    }
    if (batch.ids().stream().anyMatch(id -> isMissing(id, batch))) {
      repeatable.put(batch, false);
    } else if (batch.ids().stream().allMatch(id -> members.get(id) == Member.ADMITTED)) {
      repeatable.put(batch, true);
    }
    return repeatable.containsKey(batch);
  }

  private boolean isMissing(InstanceId id, StopBatch batch) {
    Member member = members.get(id);
    // A member that another batch called later was rejected by this one.
    return !batch.equals(recorded.apply(id))
        || member == Member.EXCLUDED
        || (member == null && (allStarted || overdue.contains(batch)));
  }

  /**
   * Keeps a request until its batch is decided.
   *
   * @return whether it is the first one of that batch
   */
  boolean await(StopBatch batch, BatchRequest request) {
    List<BatchRequest> requests = waiting.computeIfAbsent(batch, first -> new ArrayList<>());
    requests.add(request);
    return requests.size() == 1;
  }

  /** Removes and returns the requests whose batches are decided by now. */
  List<BatchRequest> removeDecided() {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<BatchRequest> decided = new ArrayList<>();
    waiting
        .entrySet()
        .removeIf(entry -> isDecided(entry.getKey()) && decided.addAll(entry.getValue()));
    return decided;
  }

  /** Removes and returns all requests that wait. */
  List<BatchRequest> removeAll() {
    List<BatchRequest> all = new ArrayList<>();
    waiting.values().forEach(all::addAll);
    waiting.clear();
    return all;
  }

  /** Returns the batch of an instance if it is repeated, or {@code null}. */
  @Nullable StopBatch repeatable(InstanceId id) {
    StopBatch batch = recorded.apply(id);
    return batch != null && repeatable.getOrDefault(batch, false) ? batch : null;
  }

  /** Repeats a batch no more, if it is one of them. */
  void callSingly(StopBatch batch) {
    repeatable.replace(batch, false);
  }

  /** Whether an instance has a batch that must not be repeated. */
  boolean isCalledSingly(InstanceId id) {
    StopBatch batch = recorded.apply(id);
    return batch != null && !repeatable.getOrDefault(batch, true);
  }
}
