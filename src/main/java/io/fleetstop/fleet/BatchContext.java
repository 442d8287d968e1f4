package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The services that a run provides to its {@link StopBatcher}. */
interface BatchContext {

  /** Runs the calls of a batch while holding a slot. */
  <T> Mono<T> withSlot(Mono<T> calls);

  /** Returns a batch with a new number. */
  StopBatch newBatch(List<InstanceId> ids);

  /** Completes when the batch is durable in the journal, or the run is stopped. */
  Mono<Void> recordBatch(StopBatch batch);

  /** Returns the batch by which an earlier run may have called the instance last. */
  @Nullable StopBatch recordedBatch(InstanceId id);

  /** Calls a batch; emits its result, or an error. */
  Mono<StopInstances.Result> stop(StopBatch batch);

  /** Stops one instance by a call of its own. */
  Mono<Acceptance> stopSingly(InstanceId id);

  /** Called once if the service does not offer the action. */
  void onBatchesUnavailable(EcsException reason);

  /** Returns how many instances may be in calls; see {@link BatchRules#allowed}. */
  long allowed(int calling, int next);

  /** Returns how long the error of an instance may be retried. */
  Duration retryTimeout();

  /** Returns the pause and stop state of the run. */
  RunState control();
}
