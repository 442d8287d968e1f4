package io.fleetstop.redis;

import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.redis.ExchangeQueue.Stored;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/**
 * The journal of one worker of a shared run. It withholds the outcomes that are not those of the
 * run: another worker has taken the instance over, or this worker ends early and leaves it to
 * others.
 */
final class WorkerJournal implements ShutdownJournal {

  /** What a journal needs of its worker. */
  interface Worker {

    Mono<Stored> store(JournalEvent event);

    boolean isTakenOver(InstanceId id);

    /** The instance has its outcome, or another worker has it. */
    void onEnd(InstanceId id);

    /** Another worker has an instance of this one. */
    void onLost();

    /** The run has exceeded its failure limit: no further call may be sent. */
    void onLimitExceeded();

    boolean isLost();
  }

  private final RunCommands run;
  private final JournalState state;
  private final Worker worker;
  private final BooleanSupplier ending;
  private final Set<InstanceId> withheld = ConcurrentHashMap.newKeySet();
  private final Set<InstanceId> left = ConcurrentHashMap.newKeySet();

  /**
   * Creates the journal of a worker.
   *
   * @param ending whether the worker ends early
   */
  WorkerJournal(RunCommands run, ShutdownOptions options, Worker worker, BooleanSupplier ending) {
    this.run = run;
    this.state = JournalState.of(toString(run), options);
    state.begin();
    this.worker = worker;
    this.ending = ending;
  }

  @Override
  public JournalState state() {
    return state;
  }

  @Override
  public boolean isTakenOver(InstanceId id) {
    return worker.isTakenOver(id);
  }

  /** Redis hands an instance out again if it has lost its outcome. */
  @Override
  public boolean isHandingOutIds() {
    return true;
  }

  @Override
  public Mono<Void> append(JournalEvent event) {
    if (event.instanceIds().size() != 1) {
      return Mono.error(run.failure("it has no batches", null));
    }
    InstanceId id = event.instanceIds().get(0);
    return event.outcome() == null ? intent(event) : outcome(id, event);
  }

  private Mono<Void> intent(JournalEvent event) {
    return worker
        .store(event)
        .flatMap(
            stored -> {
              switch (stored) {
                case NOT_OWNED -> {
                  worker.onLost();
                  return Mono.error(run.failure("another worker has the instance", null));
                }
                // The call is not sent by a run that was stopped.
                case LIMIT_EXCEEDED -> worker.onLimitExceeded();
                case STORED -> {}
              }
              return Mono.empty();
            });
  }

  private Mono<Void> outcome(InstanceId id, JournalEvent event) {
    return Mono.defer(
        () -> {
          worker.onEnd(id);
          if (ending.getAsBoolean() && !event.isFinal()) {
            (worker.isLost() ? withheld : left).add(id);
            return Mono.empty();
          }
          return worker
              .store(event)
              .doOnNext(
                  stored -> {
                    if (stored != Stored.STORED) {
                      withheld.add(id);
                    }
                  })
              .doOnError(
                  error -> {
                    // Otherwise it happened, although it cannot be stored.
                    if (worker.isLost()) {
                      withheld.add(id);
                    }
                  })
              .then();
        });
  }

  /** Whether the outcome is one of the run. Called once for each. */
  boolean isOfRun(ShutdownOutcome outcome) {
    return !withheld.remove(outcome.instanceId());
  }

  /**
   * Whether the instance is left to others without an outcome of the run, because this worker ends
   * early. Called once for each.
   */
  boolean isLeft(ShutdownOutcome outcome) {
    return left.remove(outcome.instanceId());
  }

  @Override
  public Mono<Void> disposeLater() {
    return Mono.empty();
  }

  private static String toString(RunCommands run) {
    return "of run " + run.runId() + " at " + run.redis().address();
  }

  /** The run and its Redis. */
  @Override
  public String toString() {
    return "ShutdownJournal[" + toString(run) + "]";
  }
}
