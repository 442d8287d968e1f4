package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch that may be repeated, because it may have taken effect on some of its members. Until
 * these have their outcomes, no member is called in another batch, which could stop it a second
 * time. A batch of which a reply has rejected a member is not repeated. Not thread-safe.
 */
final class BoundBatch {

  private final StopBatch batch;
  private final Set<InstanceId> unknown;
  // Of members that were not waiting for a repetition when its reply came.
  private final Map<InstanceId, Acceptance> accepted = new HashMap<>();
  private final Set<InstanceId> missed = new HashSet<>();
  private boolean inProgress;
  private boolean forbidden;

  /**
   * Binds a batch.
   *
   * @param unknown the members on which it may have taken effect
   */
  BoundBatch(StopBatch batch, Set<InstanceId> unknown) {
    this.batch = batch;
    this.unknown = new HashSet<>(unknown);
  }

  /** Whether no repetition was in progress; one is now. */
  boolean tryStart() {
    boolean start = !inProgress;
    inProgress = true;
    return start;
  }

  /** Forbids further repetitions: they could stop a member after it has another outcome. */
  void forbidRepetition() {
    forbidden = true;
  }

  /**
   * Whether its members are called by others instead of a repetition.
   *
   * @param unavailable whether no batch can be sent
   */
  boolean isReplaced(boolean unavailable) {
    return (unavailable || forbidden) && !inProgress;
  }

  /** Ends the repetition. */
  void end() {
    inProgress = false;
  }

  StopBatch batch() {
    return batch;
  }

  List<InstanceId> members() {
    return batch.ids();
  }

  /** Records that a repetition was accepted for a member that does not wait for it. */
  void onAccepted(InstanceId id, Acceptance result) {
    accepted.put(id, result);
  }

  /**
   * Records that a repetition may have stopped a member.
   *
   * @param emitted whether the member gets that result
   */
  void onUnknown(InstanceId id, boolean emitted) {
    if (unknown.add(id) && !emitted) {
      missed.add(id);
    }
  }

  /** Whether it may have taken effect on a member. */
  boolean mayHaveStopped(InstanceId id) {
    return unknown.contains(id);
  }

  /** Returns the acceptance of a member that it has not seen yet, once. */
  @Nullable Acceptance takeAcceptance(InstanceId id) {
    return accepted.remove(id);
  }

  /** Whether a member has not seen its acceptance yet. */
  boolean hasAcceptance(InstanceId id) {
    return accepted.containsKey(id);
  }

  /** Whether a member has not seen yet that it may have been stopped. */
  boolean hasMissed(InstanceId id) {
    return missed.contains(id);
  }

  /** Removes a member that is not called again. */
  void release(InstanceId id) {
    accepted.remove(id);
    missed.remove(id);
    unknown.remove(id);
  }

  /** Whether it is not repeated any more: its members may be called by others. */
  boolean isSettled() {
    return unknown.isEmpty() && !inProgress;
  }
}
