package io.fleetstop.redis;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.redis.SharedRunStatus.State;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The part of this process in a shared run, as {@link io.fleetstop.fleet.ShutdownRun} is for a run
 * of one process. Safe for concurrent use.
 */
public final class SharedRun {

  private static final Duration REJOIN_DELAY = Duration.ofMillis(500);
  private static final long NAMES = 1L << 30;

  private final RunCommands run;
  private final EcsClient client;
  private final ShutdownOptions options;
  private final UnaryOperator<FleetShutdown.Builder> build;
  private final Duration lease;
  private final AgreedParameters agreed;
  private final StoredOutcomes stored = new StoredOutcomes();
  private final Queue<ShutdownOutcome> left = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean subscribed = new AtomicBoolean();
  private volatile @Nullable SharedRunStatus status;
  private volatile @Nullable SharedWorker worker;
  private volatile boolean drained;

  SharedRun(
      RunCommands run,
      EcsClient client,
      ShutdownOptions options,
      UnaryOperator<FleetShutdown.Builder> build,
      AgreedParameters agreed,
      Duration lease) {
    this.run = run;
    this.agreed = agreed;
    this.client = client;
    this.options = options;
    this.build = build;
    this.lease = lease;
  }

  /**
   * Takes instances of the run, stops them, and emits the outcomes that this process found, each
   * after it was stored. The subscription starts the work; a second one fails.
   *
   * <p><strong>Completion:</strong> when every instance of the run has its outcome, in any process;
   * when the run or this process is drained; at once for a run that has ended or is draining.
   * <strong>Errors</strong> follow the outcomes of the instances that are open here: those of
   * {@link FleetShutdown#stop}, the code {@code Client.FailureBudgetExhausted} if the whole run
   * exceeds its limit, and {@code Client.JournalFailed} if the run does not exist, is lost with a
   * restart of Redis, has other parameters than when this process joined, or Redis does not answer
   * for a minute. <strong>Leases:</strong> a process that is silent for ten seconds loses its
   * instances to others; if it continues, its late outcomes are refused and not emitted, and it
   * takes other instances.
   */
  public Flux<ShutdownOutcome> outcomes() {
    return Flux.defer(
        () ->
            subscribed.compareAndSet(false, true)
                ? Flux.defer(this::work)
                    .repeatWhen(
                        ends ->
                            ends.takeWhile(end -> isToRejoin())
                                .delayElements(REJOIN_DELAY, Schedulers.parallel()))
                : Flux.error(new IllegalStateException("a run has one subscriber")));
  }

  private boolean isToRejoin() {
    SharedWorker before = worker;
    return before != null && before.isLost() && !drained;
  }

  private Flux<ShutdownOutcome> work() {
    // One that has lost its lease must not be joined again if the run has ended in the meantime.
    worker = null;
    return run.call(RunScripts.READ, List.of())
        .flatMap(run::statusOf)
        .doOnNext(read -> status = read)
        .flatMapMany(
            read -> {
              if (read.isBeyondRepair()) {
                return Flux.error(run.contradicting(read));
              }
              if (read.isDone() || read.state() == State.DRAINING) {
                return Flux.empty();
              }
              return read.state() == State.FAILED
                  ? Flux.error(SharedWorker.budgetExhausted(read.reason()))
                  : join(read);
            });
  }

  private Flux<ShutdownOutcome> join(SharedRunStatus read) {
    if (options.isDryRun() && !read.parameters().dryRun()) {
      // Whatever Redis says: what must stop nothing here stops nothing.
      return Flux.error(run.failure("it is no dry run, and this process asks for one", null));
    }
    String changed = agreed.change(read);
    if (changed != null) {
      return Flux.error(run.changed(changed));
    }
    SharedRunParameters parameters = read.parameters();
    ShutdownOptions applied = parameters.appliedTo(parameters.protecting(options), run.runId());
    String random = Long.toString(ThreadLocalRandom.current().nextLong(NAMES), Character.MAX_RADIX);
    return run.call(RunScripts.JOIN, List.of(Long.toString(lease.toMillis()), random))
        .flatMap(reply -> reply.get(0).equals("gone") ? Mono.error(run.gone()) : Mono.just(reply))
        .flatMapMany(
            reply ->
                Flux.usingWhen(
                    Mono.fromSupplier(() -> begin(String.valueOf(reply.get(1)), applied))
                        // The first fleet of a process reads a secure random source.
                        .subscribeOn(Schedulers.boundedElastic()),
                    SharedWorker::outcomes,
                    SharedWorker::close));
  }

  private SharedWorker begin(String name, ShutdownOptions applied) {
    SharedWorker begun =
        new SharedWorker(
            run,
            name,
            client,
            applied,
            build,
            agreed,
            read -> status = read,
            left::add,
            lease,
            stored);
    worker = begun;
    if (drained) {
      begun.drain();
    }
    return begun;
  }

  /**
   * Ends the work of this process early, as {@link io.fleetstop.fleet.ShutdownRun#drain()} does;
   * its open instances are left to the other processes, or to one that joins later. If Redis is
   * away, the outcomes fail after a few seconds.
   */
  public void drain() {
    drained = true;
    SharedWorker current = worker;
    if (current != null) {
      current.drain();
    }
  }

  /**
   * Returns what is known of the instances that this process had open when it was drained, and left
   * to the others: {@code UNCONFIRMED} for one that the service has accepted. These are not
   * outcomes of the run, which another process finds. Complete once {@link #outcomes()} has
   * terminated.
   */
  public List<ShutdownOutcome> left() {
    return List.copyOf(left);
  }

  /** Returns the last known status of the whole run, or {@code null} before the first one. */
  public @Nullable SharedRunStatus status() {
    return status;
  }

  /** Returns the progress of this process alone, or {@code null} before it has joined. */
  public @Nullable ShutdownProgress progress() {
    SharedWorker current = worker;
    return current == null ? null : current.progress();
  }
}
