package io.fleetstop.redis;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** One worker of a shared run, from its number to the end of its lease. */
final class SharedWorker implements WorkerExchange.Listener, WorkerJournal.Worker {

  /** In multiples of the calls that a worker may have in flight. */
  private static final int MAX_NOT_ACCEPTED = 2;

  private static final long NOT_MISSING = -1;

  private final RunCommands run;
  private final AgreedParameters agreed;
  private final Consumer<SharedRunStatus> onStatus;
  private final Consumer<ShutdownOutcome> onLeft;
  private final LeasedIds ids;
  private final WorkerJournal journal;
  private final ShutdownRun local;
  private final WorkerExchange exchange;
  private final int maxInFlight;
  private final Duration lease;
  private final AtomicInteger decidedWave = new AtomicInteger();
  private long missingSince = NOT_MISSING;
  private volatile boolean lost;
  private volatile boolean decided;

  /**
   * Creates a worker, which exchanges once its outcomes are subscribed to.
   *
   * @param name the name that Redis gave it
   * @param build completes the fleet with its journal
   * @param onLeft consumes what is known of an instance that is left to others
   * @param stored the last outcomes of this process
   */
  SharedWorker(
      RunCommands run,
      String name,
      EcsClient client,
      ShutdownOptions options,
      UnaryOperator<FleetShutdown.Builder> build,
      AgreedParameters agreed,
      Consumer<SharedRunStatus> onStatus,
      Consumer<ShutdownOutcome> onLeft,
      Duration lease,
      StoredOutcomes stored) {
    this.run = run;
    this.agreed = agreed;
    this.lease = lease;
    this.onStatus = onStatus;
    this.onLeft = onLeft;
    this.maxInFlight = options.maxInFlight();
    this.ids = new LeasedIds(this::send);
    this.journal = new WorkerJournal(run, options, this, this::isEnding);
    this.local = build.apply(FleetShutdown.builder(client)).journal(journal).build().run(ids.ids());
    this.exchange = new WorkerExchange(run, name, this, lease, stored);
  }

  /** Returns the outcomes of the run that this worker found. */
  Flux<ShutdownOutcome> outcomes() {
    return local.outcomes().filter(this::isOfRun).doFirst(exchange::start);
  }

  private boolean isOfRun(ShutdownOutcome outcome) {
    if (journal.isLeft(outcome)) {
      onLeft.accept(outcome);
      return false;
    }
    return journal.isOfRun(outcome);
  }

  private boolean isEnding() {
    ShutdownProgress.State state = local.progress().state();
    return state == ShutdownProgress.State.DRAINING || state == ShutdownProgress.State.TERMINATED;
  }

  private void send() {
    exchange.send();
  }

  /** Ends this worker early; its open instances are left to others. */
  void drain() {
    exchange.onDrain();
    local.drain();
  }

  ShutdownProgress progress() {
    return local.progress();
  }

  @Override
  public void onTick() {
    ids.retry();
  }

  @Override
  public int wanted() {
    ShutdownProgress progress = local.progress();
    // Further instances would only wait here, and another worker can call them. Some of those that
    // are not accepted wait without a call, because they are busy.
    boolean full =
        progress.inFlight() >= maxInFlight
            || progress.open() - progress.awaited() >= MAX_NOT_ACCEPTED * (long) maxInFlight;
    return full || isEnding() ? 0 : ids.wanted();
  }

  @Override
  public long awaited() {
    return local.progress().awaited();
  }

  @Override
  public void onReply(SharedRunStatus status, List<String> taken, boolean asked) {
    onStatus.accept(status);
    String changed = agreed.change(status);
    if (changed != null) {
      // The ids of this reply go back to the run when the lease ends.
      local.stop(run.changed(changed));
      return;
    }
    if (isDamaged(status)) {
      local.stop(run.contradicting(status));
    }
    obey(status);
    decide(status);
    ids.add(taken);
    if (asked && taken.isEmpty()) {
      ids.onNone();
    }
    if (status.isDone()) {
      ids.complete();
    }
  }

  /** Instances that are missing may be known to a worker, which registers again within a lease. */
  private boolean isDamaged(SharedRunStatus status) {
    if (!status.isMissingInstances()) {
      missingSince = NOT_MISSING;
      return status.isBeyondRepair();
    }
    long now = Schedulers.parallel().now(TimeUnit.MILLISECONDS);
    missingSince = missingSince == NOT_MISSING ? now : missingSince;
    exchange.onMissing();
    return now - missingSince > lease.toMillis();
  }

  private void obey(SharedRunStatus status) {
    switch (status.state()) {
      case PAUSED -> local.pause();
      case RUNNING -> local.resume();
      case DRAINING -> local.drain();
      case FAILED -> local.stop(budgetExhausted(status.reason()));
      case LOADING -> {}
    }
  }

  static EcsException budgetExhausted(String reason) {
    return EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT)
        .detail(reason)
        .build();
  }

  /** Any worker decides, with the same counts for the same result. */
  private void decide(SharedRunStatus status) {
    String failure = SharedRunDecisions.failure(status);
    if (failure != null) {
      if (!decided) {
        decided = true;
        local.stop(budgetExhausted(failure));
        run.call(RunScripts.CHANGE, List.of("running paused", "failed", failure, "0"))
            .subscribe(done -> {}, error -> decided = false);
      }
      return;
    }
    int wave = status.wave();
    if (SharedRunDecisions.isWaveDone(status) && decidedWave.getAndSet(wave) != wave) {
      run.call(
              RunScripts.ADVANCE,
              List.of(
                  Integer.toString(wave - 1),
                  Long.toString(status.failures()),
                  Long.toString(status.done()),
                  Long.toString(status.parameters().wavePause().toMillis())))
          .subscribe(
              done -> {
                ids.retry();
                exchange.send();
              },
              error -> decidedWave.set(0));
    }
  }

  @Override
  public void onLost() {
    lost = true;
    local.drain();
  }

  @Override
  public void onLimitExceeded() {
    // The status of the same reply has stopped this worker already, if it could be read so.
    local.stop(budgetExhausted("the run has more failures than its limit allows"));
  }

  @Override
  public boolean isLost() {
    return lost;
  }

  @Override
  public void onFailure(EcsException error) {
    local.stop(error);
  }

  @Override
  public Mono<ExchangeQueue.Stored> store(JournalEvent event) {
    return exchange.store(event);
  }

  @Override
  public boolean isTakenOver(InstanceId id) {
    return ids.isTakenOver(id);
  }

  @Override
  public void onEnd(InstanceId id) {
    ids.onOutcome(id);
  }

  /** Ends the lease: what is open goes back to the run. */
  Mono<Void> close() {
    return exchange.close();
  }
}
