package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The batches that earlier runs may have sent. One is repeated only if this run may call each of
 * its members: it would also stop an instance that was finished, excluded or protected since. The
 * other members are then called singly, with their own tokens.
 */
final class RecordedBatches {

  private final Function<InstanceId, @Nullable StopBatch> recorded;
  private final Set<InstanceId> admitted = ConcurrentHashMap.newKeySet();
  // By the whole batch, since a damaged or merged journal may have one number twice. Decided once:
  // a member that was called singly is not called by its batch later.
  private final Map<StopBatch, Boolean> repeatable = new HashMap<>();

  /**
   * Creates the batches before a run.
   *
   * @param recorded returns the batch by which an earlier run may have called an instance last
   */
  RecordedBatches(Function<InstanceId, @Nullable StopBatch> recorded) {
    this.recorded = recorded;
  }

  /** Records that this run may call an instance. Called by any thread. */
  void admit(InstanceId id) {
    if (recorded.apply(id) != null) {
      admitted.add(id);
    }
  }

  /** Returns the batch of an instance if it may be repeated, or {@code null}. */
  @Nullable StopBatch repeatable(InstanceId id) {
    StopBatch batch = recorded.apply(id);
    return batch != null
            && repeatable.computeIfAbsent(batch, candidate -> admitted.containsAll(candidate.ids()))
        ? batch
        : null;
  }

  /** Whether an instance has a batch that must not be repeated. */
  boolean isCalledSingly(InstanceId id) {
    return recorded.apply(id) != null && repeatable(id) == null;
  }
}
