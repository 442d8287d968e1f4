package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.fleet.RecordedBatches.Member;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Stops instances in batches: collects single stop requests, sends them as {@code StopInstances}
 * calls, and gives each its own result, as from a single call. What the result means is decided by
 * {@link StopDecision}, instance by instance.
 *
 * <p>An instance on which a batch may have taken effect is called again only by that very batch, if
 * it can be repeated; see {@link BoundBatch}. All state is that of one {@link SerialTasks}. Never
 * locks.
 */
final class StopBatcher {

  private final BatchContext run;
  private final ShutdownOptions options;
  private final SerialTasks tasks = new SerialTasks(this::sendReady);
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private final Deque<BatchRequest> queue = new ArrayDeque<>();
  private final Map<BoundBatch, List<BatchRequest>> repeats = new LinkedHashMap<>();
  private final RecordedBatches recorded;
  private final BatchBindings bindings;
  private int calls;
  private int calling;
  private boolean lingering;
  private boolean lingered;
  private volatile boolean singly;

  StopBatcher(BatchContext run, ShutdownOptions options) {
    this.run = run;
    this.options = options;
    this.recorded = new RecordedBatches(run::recordedBatch);
    this.bindings = new BatchBindings(recorded::repeatable);
  }

  /** Stops an instance by a call that it may share with others. */
  Mono<Acceptance> stop(InstanceId id) {
    return Mono.create(sink -> tasks.execute(() -> add(new BatchRequest(id, sink))));
  }

  /** Records what is known about an instance: the batch of an earlier run may depend on it. */
  void set(InstanceId id, Member state) {
    if (run.recordedBatch(id) != null) {
      tasks.execute(() -> recorded.set(id, state));
    }
  }

  /** Called when all instances of the run have started. */
  void onAllStarted() {
    tasks.execute(recorded::onAllStarted);
  }

  /** Sends what may be sent, and returns what must not, after a change of the run. */
  void reevaluate() {
    tasks.run();
  }

  /** Forgets an instance that is not called again. */
  void release(InstanceId id) {
    if (bindings.mayBind()) {
      tasks.execute(() -> freeIfSettled(bindings.release(id)));
    } else {
      tasks.run();
    }
  }

  /** Cancels all calls. */
  void close() {
    closed.tryEmitEmpty();
  }

  private void add(BatchRequest request) {
    StopBatch undecided = recorded.undecided(request.id());
    if (undecided != null) {
      if (recorded.await(undecided, request)) {
        Mono.delay(BatchRules.MEMBERS_TIMEOUT, Schedulers.parallel())
            .takeUntilOther(closed.asMono())
            .subscribe(late -> tasks.execute(() -> recorded.onOverdue(undecided)));
      }
      return;
    }
    BoundBatch batch = bindings.of(request.id());
    if (batch == null) {
      if (singly || recorded.isCalledSingly(request.id())) {
        sendSingly(request);
      } else {
        queue.add(request);
      }
      return;
    }
    Acceptance accepted = batch.takeAcceptance(request.id());
    if (accepted != null) {
      request.succeed(accepted);
    } else {
      repeats.computeIfAbsent(batch, key -> new ArrayList<>()).add(request);
    }
  }

  private void freeIfSettled(@Nullable BoundBatch batch) {
    if (batch != null && batch.isSettled()) {
      bindings.free(batch);
      sendAgain(batch);
    }
  }

  private void sendAgain(BoundBatch batch) {
    List<BatchRequest> waiting = repeats.remove(batch);
    if (waiting != null) {
      waiting.forEach(this::add);
    }
  }

  /** The end of each round of tasks. */
  private void sendReady() {
    if (run.control().isPausedOrStopped()) {
      returnAll();
    } else {
      recorded.removeDecided().forEach(this::add);
      // Usually there are none, and each instance that is added comes here.
      if (!repeats.isEmpty()) {
        replaceRepeats();
        sendRepeats();
      }
      sendQueued();
    }
    if (queue.isEmpty() && repeats.isEmpty()) {
      lingered = false;
    } else if (!lingered && !lingering) {
      linger();
    }
  }

  private void returnAll() {
    List<BatchRequest> held = recorded.removeAll();
    held.addAll(queue);
    repeats.values().forEach(held::addAll);
    queue.clear();
    repeats.clear();
    held.forEach(request -> request.fail(EcsExceptions.stoppedByCaller()));
  }

  private void linger() {
    lingering = true;
    Mono.delay(BatchRules.LINGER, Schedulers.parallel())
        .then()
        .onErrorComplete()
        .takeUntilOther(closed.asMono())
        .subscribe(null, null, () -> tasks.execute(this::onLingered));
  }

  private void onLingered() {
    lingering = false;
    lingered = true;
  }

  private void sendQueued() {
    while (!queue.isEmpty() && calls < options.maxInFlight()) {
      int next = Math.min(queue.size(), options.batchSize());
      long allowed = run.allowed(calling, next);
      int size = BatchRules.nextSize(queue.size(), options.batchSize(), calling, allowed, lingered);
      if (size == 0) {
        return;
      }
      List<BatchRequest> members = new ArrayList<>(size);
      while (members.size() < size) {
        members.add(queue.remove());
      }
      start(BatchSplit.send(members, this::send), members);
    }
  }

  // Their batches are not repeated any more: an instance that one may have stopped is described
  // before it is called by itself.
  private void replaceRepeats() {
    for (BoundBatch batch :
        repeats.keySet().stream().filter(one -> one.isReplaced(singly)).toList()) {
      recorded.callSingly(batch.batch());
      for (BatchRequest member : Objects.requireNonNull(repeats.remove(batch))) {
        boolean mayBeStopped = batch.mayHaveStopped(member.id());
        bindings.release(member.id());
        if (mayBeStopped) {
          member.fail(BatchRules.notRepeatable());
        } else {
          sendSingly(member);
        }
      }
      freeIfSettled(batch);
    }
  }

  // A batch is repeated by one call at a time, which the members share that wait for it.
  private void sendRepeats() {
    Iterator<Map.Entry<BoundBatch, List<BatchRequest>>> all = repeats.entrySet().iterator();
    while (lingered && all.hasNext() && calls < options.maxInFlight()) {
      Map.Entry<BoundBatch, List<BatchRequest>> next = all.next();
      BoundBatch batch = next.getKey();
      List<BatchRequest> members = next.getValue();
      boolean fits =
          calling == 0 || calling + members.size() <= run.allowed(calling, members.size());
      if (fits && batch.tryStart()) {
        all.remove();
        start(repeat(batch, members).doFinally(end -> tasks.execute(() -> end(batch))), members);
      }
    }
  }

  private void end(BoundBatch repeated) {
    repeated.end();
    freeIfSettled(repeated);
  }

  private void start(Mono<?> sending, List<BatchRequest> members) {
    calls++;
    calling += members.size();
    run.withSlot(sending)
        .takeUntilOther(closed.asMono())
        .subscribe(
            done -> {},
            failure -> {
              tasks.execute(() -> members.forEach(member -> member.fail(failure)));
              end(members);
            },
            () -> end(members));
  }

  private void end(List<BatchRequest> members) {
    tasks.execute(
        () -> {
          calls--;
          calling -= members.size();
        });
  }

  /** Emits whether the members were rejected as a whole for a reason that one of them has. */
  private Mono<Boolean> send(List<BatchRequest> members) {
    if (singly || run.control().isPausedOrStopped()) {
      tasks.execute(() -> members.forEach(this::add));
      return Mono.just(false);
    }
    StopBatch batch = run.newBatch(BatchRequest.ids(members));
    return run.recordBatch(batch).then(Mono.defer(() -> call(batch, members)));
  }

  private Mono<Boolean> call(StopBatch batch, List<BatchRequest> members) {
    if (run.control().isPausedOrStopped()) {
      tasks.execute(() -> members.forEach(this::add));
      return Mono.just(false);
    }
    return run.stop(batch)
        .map(
            result -> {
              tasks.execute(
                  () -> {
                    bindings.onResult(batch, result);
                    deliver(members, result);
                  });
              return false;
            })
        .onErrorResume(
            failure -> {
              EcsException error = EcsExceptions.of("StopInstances", failure);
              boolean rejected = BatchRules.isReasonOfOne(error);
              if (BatchRules.isUnavailable(error)) {
                tasks.execute(() -> fallBack(members, error));
              } else if (!rejected || members.size() == 1) {
                tasks.execute(() -> onError(batch, members, error));
              }
              return Mono.just(rejected);
            });
  }

  private void fallBack(List<BatchRequest> members, EcsException reason) {
    if (!singly) {
      singly = true;
      run.onBatchesUnavailable(reason);
    }
    members.forEach(this::add);
    queue.forEach(this::sendSingly);
    queue.clear();
  }

  private void sendSingly(BatchRequest request) {
    request.receive(run.stopSingly(request.id()));
  }

  private void onError(StopBatch batch, List<BatchRequest> members, EcsException error) {
    if (error.delivery() == Delivery.UNKNOWN) {
      bindings.onUnknown(batch);
    }
    members.forEach(member -> fail(member, error));
  }

  private Mono<Boolean> repeat(BoundBatch batch, List<BatchRequest> members) {
    return Mono.defer(
        () -> {
          if (run.control().isPausedOrStopped()) {
            tasks.execute(() -> members.forEach(this::add));
            return Mono.just(false);
          }
          return run.stop(batch.batch())
              .doOnNext(result -> tasks.execute(() -> onRepeated(batch, members, result)))
              .thenReturn(true)
              .onErrorResume(
                  failure -> {
                    EcsException error = EcsExceptions.of("StopInstances", failure);
                    tasks.execute(() -> onRepeatFailed(batch, members, error));
                    return Mono.just(false);
                  });
        });
  }

  private void onRepeated(
      BoundBatch batch, List<BatchRequest> members, StopInstances.Result result) {
    bindings.onRepeated(batch, BatchRequest.ids(members), result);
    sendAgain(batch);
    deliver(members, result);
  }

  private void onRepeatFailed(BoundBatch batch, List<BatchRequest> members, EcsException error) {
    if (BatchRules.isUnavailable(error)) {
      fallBack(members, error);
      return;
    }
    if (error.delivery() == Delivery.UNKNOWN) {
      bindings.onRepetitionUnknown(batch, BatchRequest.ids(members));
    }
    members.forEach(member -> fail(member, error));
  }

  private void deliver(List<BatchRequest> members, StopInstances.Result whole) {
    Acceptance accepted = new Acceptance(whole.requestId(), whole.attempts());
    for (int i = 0; i < members.size(); i++) {
      BatchRequest member = members.get(i);
      EcsException error = BatchRules.errorOf(member.id(), i, whole.instances());
      if (error == null) {
        member.succeed(accepted);
      } else if (BatchRules.isRetried(error)) {
        retryLater(member, error);
      } else {
        fail(member, error);
      }
    }
  }

  private void fail(BatchRequest request, EcsException error) {
    boolean missed = error.delivery() == Delivery.REJECTED && bindings.hasMissed(request.id());
    request.fail(missed ? error.mutate().delivery(Delivery.UNKNOWN).build() : error);
  }

  private void retryLater(BatchRequest request, EcsException error) {
    Duration delay;
    try {
      delay = request.nextDelay(options.busyBackoff());
    } catch (RuntimeException e) {
      request.fail(e);
      return;
    }
    if (request.elapsed().plus(delay).compareTo(run.retryTimeout()) >= 0) {
      fail(request, error.mutate().exhaustedLimit(Limit.DEADLINE).build());
      return;
    }
    Mono.firstWithSignal(
            Mono.delay(delay, Schedulers.parallel()).then(), run.control().pausedOrStopped())
        .takeUntilOther(closed.asMono())
        .subscribe(
            null,
            failure -> tasks.execute(() -> request.fail(failure)),
            () -> tasks.execute(() -> retry(request, error)));
  }

  private void retry(BatchRequest request, EcsException error) {
    if (run.control().isPausedOrStopped()) {
      fail(request, error.mutate().exhaustedLimit(Limit.CALLER).build());
    } else {
      add(request);
    }
  }
}
