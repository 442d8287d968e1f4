package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import io.fleetstop.model.StopInstances.InstanceResult;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which instances may be called by one certain batch only; see {@link BoundBatch}. Not thread-safe,
 * except {@link #mayBind()}.
 */
final class BatchBindings {

  private final Function<InstanceId, @Nullable StopBatch> recordedBatch;
  private final Map<InstanceId, BoundBatch> bound = new HashMap<>();
  private final Map<StopBatch, BoundBatch> recorded = new HashMap<>();
  private volatile boolean mayBind;

  /**
   * Creates the bindings of a run.
   *
   * @param recordedBatch returns the batch of an earlier run by which an instance is called, if any
   */
  BatchBindings(Function<InstanceId, @Nullable StopBatch> recordedBatch) {
    this.recordedBatch = recordedBatch;
  }

  /** Whether an instance was ever bound; may be called by any thread. */
  boolean mayBind() {
    return mayBind;
  }

  /** Returns the only batch that may call an instance, or {@code null} if any may. */
  @Nullable BoundBatch of(InstanceId id) {
    BoundBatch batch = bound.get(id);
    StopBatch before = batch == null ? recordedBatch.apply(id) : null;
    if (before == null) {
      return batch;
    }
    BoundBatch resumed =
        recorded.computeIfAbsent(
            before, batchBefore -> new BoundBatch(batchBefore, Set.copyOf(batchBefore.ids())));
    bind(id, resumed);
    return resumed;
  }

  private void bind(InstanceId id, BoundBatch batch) {
    bound.put(id, batch);
    mayBind = true;
  }

  /** Binds all members of a batch whose call failed: it may have taken effect. */
  void onUnknown(StopBatch batch) {
    BoundBatch repeatable = new BoundBatch(batch, Set.copyOf(batch.ids()));
    batch.ids().forEach(id -> bind(id, repeatable));
  }

  /**
   * Binds the members of a batch on which it may have taken effect. A batch of which a member was
   * rejected is not repeated: the repetition could stop that one after it has another outcome.
   */
  void onResult(StopBatch batch, StopInstances.Result result) {
    Set<InstanceId> unknown =
        result.instances().stream()
            .filter(InstanceResult::isUnknown)
            .map(InstanceResult::instanceId)
            .collect(Collectors.toSet());
    if (!unknown.isEmpty() && result.instances().stream().noneMatch(BatchRules::isRejected)) {
      BoundBatch repeatable = new BoundBatch(batch, unknown);
      unknown.forEach(id -> bind(id, repeatable));
    }
  }

  /**
   * Keeps the results of a repetition for members that are bound to it.
   *
   * @param served the members that get their results now
   */
  void onRepeated(BoundBatch batch, Collection<InstanceId> served, StopInstances.Result result) {
    for (InstanceResult one : result.instances()) {
      InstanceId id = one.instanceId();
      if (bound.get(id) != batch) {
        continue;
      }
      if (BatchRules.isRejected(one)) {
        batch.forbidRepetition();
      } else if (one.isUnknown()) {
        batch.onUnknown(id, served.contains(id));
      } else if (!served.contains(id)) {
        batch.onAccepted(id, new Acceptance(result.requestId(), result.attempts()));
      }
    }
  }

  /** A repetition may have stopped any member that is bound to it. */
  void onRepetitionUnknown(BoundBatch batch, Collection<InstanceId> served) {
    batch.members().stream()
        .filter(id -> bound.get(id) == batch)
        .forEach(id -> batch.onUnknown(id, served.contains(id)));
  }

  /** Whether an instance may have been stopped without having been told. */
  boolean hasMissed(InstanceId id) {
    BoundBatch batch = bound.get(id);
    return batch != null && batch.hasMissed(id);
  }

  /**
   * Forgets an instance that is not called again.
   *
   * @return the batch that it was bound to, or {@code null}
   */
  @Nullable BoundBatch release(InstanceId id) {
    BoundBatch batch = bound.remove(id);
    if (batch != null) {
      batch.release(id);
    }
    return batch;
  }

  /** Frees the members of a batch that is settled. */
  void free(BoundBatch batch) {
    batch.members().stream()
        .filter(Predicate.not(batch::hasAcceptance))
        .forEach(member -> bound.remove(member, batch));
  }
}
