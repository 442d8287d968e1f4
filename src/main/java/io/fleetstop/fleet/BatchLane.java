package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Connects the {@link StopBatcher} of a run to its client, its journal and its counters. */
final class BatchLane implements BatchContext {

  private final ShutdownOptions options;
  private final String runId;
  private final @Nullable JournalState before;
  private final Function<JournalEvent, Mono<Void>> journal;
  private final EcsClient client;
  private final ConcurrencyLimiter slots;
  private final RunCounters counters;
  private final RunState control;
  private final Duration retryTimeout;
  private final Context context;
  private final Consumer<String> onUnavailable;
  private final AtomicLong numbers;

  /**
   * Creates the lane of a run.
   *
   * @param runId the id that tokens are derived from
   * @param before what earlier runs recorded, if there is a journal
   * @param journal appends an event, and ends the run if that fails
   * @param slots bounds the calls
   * @param context that of the calls
   * @param onUnavailable notified if batches cannot be sent
   */
  BatchLane(
      ShutdownOptions options,
      String runId,
      @Nullable JournalState before,
      Function<JournalEvent, Mono<Void>> journal,
      EcsClient client,
      ConcurrencyLimiter slots,
      RunCounters counters,
      RunState control,
      Duration retryTimeout,
      Context context,
      Consumer<String> onUnavailable) {
    this.options = options;
    this.runId = runId;
    this.before = before;
    this.journal = journal;
    this.client = client;
    this.slots = slots;
    this.counters = counters;
    this.control = control;
    this.retryTimeout = retryTimeout;
    this.context = context;
    this.onUnavailable = onUnavailable;
    this.numbers = new AtomicLong(before == null ? 0 : before.lastBatch());
  }

  @Override
  public <T> Mono<T> withSlot(Mono<T> calls) {
    return slots.limit(calls).contextWrite(context);
  }

  @Override
  public StopBatch newBatch(List<InstanceId> ids) {
    long number = numbers.incrementAndGet();
    return new StopBatch(number, new RunTokens(runId, options).tokenFor(number, ids), ids);
  }

  @Override
  public Mono<Void> recordBatch(StopBatch batch) {
    return journal.apply(new BatchIntent(RunRecord.now(), batch));
  }

  @Override
  public @Nullable StopBatch recordedBatch(InstanceId id) {
    return before == null ? null : before.batchOf(id);
  }

  @Override
  public Mono<StopInstances.Result> stop(StopBatch batch) {
    return counters
        .inFlight(
            Mono.defer(() -> client.stopInstances(batch.request(options))), batch.ids().size())
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("the client gave no result")));
  }

  @Override
  public Mono<Acceptance> stopSingly(InstanceId id) {
    Mono<Acceptance> single = new RunTokens(runId, options).call(client, id);
    Mono<Void> intent = Mono.defer(() -> journal.apply(new Intent(RunRecord.now(), id)));
    Mono<Acceptance> call =
        Mono.defer(
            () ->
                control.isPausedOrStopped()
                    ? Mono.error(EcsExceptions.stoppedByCaller())
                    : counters.inFlight(single, 1));
    return withSlot(intent.then(call));
  }

  @Override
  public void onBatchesUnavailable(EcsException reason) {
    onUnavailable.accept("the service rejected StopInstances with " + reason.errorCode().code());
  }

  @Override
  public long allowed(int calling, int next) {
    return BatchRules.allowed(
        options.failureLimit(),
        counters.failures(),
        counters.answered(),
        counters.succeeded(),
        calling,
        next);
  }

  @Override
  public Duration retryTimeout() {
    return retryTimeout;
  }

  @Override
  public RunState control() {
    return control;
  }
}
