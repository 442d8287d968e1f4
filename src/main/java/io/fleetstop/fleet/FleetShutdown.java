package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stops a fleet of instances. Thread-safe; each subscription to {@link #stop} is a run, and {@link
 * #drain} ends all of them early.
 */
public final class FleetShutdown {

  private final EcsClient client;
  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;

  // Drawn once rather than for each run, because a secure random source may block.
  private final String ownId = UUID.randomUUID().toString();
  private final AtomicLong runs = new AtomicLong();
  private final ActiveRuns activeRuns = new ActiveRuns();
  private final RunListener listener;

  private FleetShutdown(Builder builder, ShutdownOptions options) {
    this.client = builder.client;
    this.options = options;
    this.journal = builder.journal;
    this.listener = RunListener.all(builder.listeners);
    IdSet.warmUp();
  }

  /**
   * Creates a shutdown that calls {@code client}, whose limiters also limit the fleet, with
   * everything else at its default.
   */
  public static FleetShutdown create(EcsClient client, ShutdownOptions options) {
    return builder(client).options(options).build();
  }

  /** Creates a shutdown that records a journal, with everything else at its default. */
  public static FleetShutdown create(EcsClient client, ShutdownJournal journal) {
    return builder(client).journal(journal).build();
  }

  /**
   * Returns a builder of a shutdown that calls {@code client}, whose limiters also limit the fleet:
   *
   * <pre>{@code
   * FleetShutdown fleet =
   *     FleetShutdown.builder(client)
   *         .options(options)
   *         .listener(FleetMetrics.of(registry))
   *         .build();
   * }</pre>
   */
  public static Builder builder(EcsClient client) {
    return new Builder(client);
  }

  /**
   * Returns a builder of a shutdown over several targets, each with the client of its account and
   * region.
   *
   * @throws IllegalArgumentException if there is no target
   */
  public static MultiTargetShutdown.Builder across(Map<Target, EcsClient> clients) {
    return new MultiTargetShutdown.Builder(clients);
  }

  /**
   * Stops every instance of a stream, and reports each outcome.
   *
   * <ul>
   *   <li><strong>Values:</strong> one outcome for each distinct id, in the order in which they are
   *       known. A failure is a value.
   *   <li><strong>Start:</strong> on subscription; no instance is started before the first request.
   *       Ids are called in their order as slots are released.
   *   <li><strong>Demand</strong> limits the calls and the outcomes that are not taken: together
   *       they are at most the outstanding demand plus {@link ShutdownOptions#maxInFlight()} when
   *       an instance is started. It does not limit the instances that the service has accepted and
   *       that are awaited: a subscriber that requests 32 at a time has up to {@link
   *       ShutdownOptions#maxOpen()} open. A subscriber that takes all it has requested and
   *       requests no more stops the calls; up to {@code maxOpen} outcomes are then kept for it.
   *   <li><strong>Cancellation:</strong> starts no more instances and cancels the calls in flight,
   *       some of which may have been delivered.
   *   <li><strong>Threads:</strong> outcomes are emitted on threads of the client, on {@code
   *       Schedulers.parallel()} or on the requesting thread; instances may be started on the
   *       requesting thread.
   *   <li><strong>Memory:</strong> bounded by {@link ShutdownOptions#maxOpen()}, and over all runs
   *       of the client by {@link io.fleetstop.EcsClientBuilder#maxOpenInstances}, with about 1 KB
   *       for each open instance; except the set of ids that detects duplicates: 10 bytes plus the
   *       id, usually about 30 bytes an id.
   * </ul>
   *
   * <p><strong>Errors</strong> follow the outcomes of all started instances; those for which
   * nothing was sent yet, or only requests that were rejected and would have been retried, are
   * {@link ShutdownOutcome.Skipped}. A run ends with
   *
   * <ul>
   *   <li>the error of {@code ids} itself, or an {@code IllegalStateException} when it emits an id
   *       that was not requested, which would be lost;
   *   <li>an {@code EcsException} of category {@code AUTH} when the service does not accept the
   *       credentials;
   *   <li>the code {@code Client.UnexpectedSuccess} when the service answers a dry run as a real
   *       stop, and may have stopped that instance;
   *   <li>the code {@code Client.FailureBudgetExhausted} when failures exceed {@link
   *       ShutdownOptions#failureLimit()};
   *   <li>the code {@code Client.TooManyOpenInstances} when it gets no slot of {@link
   *       io.fleetstop.EcsClientBuilder#maxOpenInstances} for its first instance within the
   *       deadline of a call or of the run;
   *   <li>the code {@code Client.JournalFailed} when the journal, if there is one, cannot be
   *       written, or another run has used the same object: each run opens its journal;
   *   <li>the code {@code Client.Closed} when the client was closed before the run started. A run
   *       that is in progress is drained by the close, and completes.
   * </ul>
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids) {
    Objects.requireNonNull(ids, "ids");
    return Flux.defer(() -> run(ids).outcomes());
  }

  /**
   * As {@link #stop(Publisher)}, and ends the run early, as {@link ShutdownRun#drain()} does, once
   * {@code until} emits, completes or fails. Ids that were not started by then have no outcome.
   *
   * @param until subscribed to once for each run
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids, Publisher<?> until) {
    Objects.requireNonNull(ids, "ids");
    Objects.requireNonNull(until, "until");
    Mono<Void> order = Flux.from(until).next().then().onErrorComplete();
    return Flux.defer(
        () -> {
          ShutdownRun run = run(ids);
          return Flux.using(
              () -> order.subscribe(nothing -> {}, null, run::drain),
              waiting -> run.outcomes(),
              Disposable::dispose);
        });
  }

  /**
   * As {@link #stop(Publisher)}, for one run that can be observed, paused and drained. Nothing
   * starts before its {@linkplain ShutdownRun#outcomes() outcomes} are subscribed to.
   */
  public ShutdownRun run(Publisher<InstanceId> ids) {
    return run(ids, Waves.none());
  }

  /**
   * As {@link #run(Publisher)}, in waves. A wave starts when all outcomes of the previous wave are
   * known, and only if the failures of that wave by itself, and of all outcomes so far, stay within
   * {@link ShutdownOptions#failureLimit()}; a percentage applies however few they are. Otherwise
   * the run ends with {@code Client.FailureBudgetExhausted}, which names the wave; the ids of later
   * waves have no outcome. Within a wave the limit applies as without waves. {@link
   * Waves#approvedBy} also asks before each wave but the first, and a refusal drains the run.
   *
   * @param waves counted over the instances that this run starts: a resumed run starts with a
   *     canary again
   * @throws IllegalArgumentException if a size is in per cent: see {@link Waves#ofFleet}
   */
  public ShutdownRun run(Publisher<InstanceId> ids, Waves waves) {
    return run(ids, waves, runId());
  }

  /**
   * As {@link #run(Publisher, Waves)}, for a set that does not change during the run. Its ids are
   * distinct, so that the run needs no memory for those it has seen: 30 bytes for each instance.
   */
  public ShutdownRun run(Set<InstanceId> ids, Waves waves) {
    ShutdownEngine engine =
        new ShutdownEngine(client, options, journal, runId(), waves, InstanceCheck.NONE);
    engine.trustDistinct();
    return new ShutdownRun(
        Flux.fromIterable(Objects.requireNonNull(ids, "ids")), engine, activeRuns, listener);
  }

  ShutdownRun run(Publisher<InstanceId> ids, Waves waves, String runId) {
    return new ShutdownRun(
        Flux.from(Objects.requireNonNull(ids, "ids")),
        new ShutdownEngine(client, options, journal, runId, waves, InstanceCheck.NONE),
        activeRuns,
        listener);
  }

  /**
   * Drains every run of this shutdown, as {@link ShutdownRun#drain()} does, for example before the
   * process ends. Runs that are subscribed to later end at once and start no instance, until {@link
   * #reopen()}.
   *
   * <p><strong>Completion:</strong> when the outcomes of all runs were emitted and each run has
   * terminated; never an error. <strong>Start:</strong> on subscription. <strong>Cancellation:
   * </strong> ends the wait, not the drain.
   */
  public Mono<Void> drain() {
    return activeRuns.drain();
  }

  /**
   * Ends the effect of {@link #drain()}: runs that are subscribed to from now on start instances
   * again. Runs that are being drained remain so. A {@code drain()} that still waits for them
   * completes. Without a drain it has no effect.
   */
  public void reopen() {
    activeRuns.reopen();
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }

  /** Builds {@link FleetShutdown}. Not thread-safe. */
  public static final class Builder {

    private final EcsClient client;
    private final List<RunListener> listeners = new ArrayList<>();
    private @Nullable ShutdownOptions options;
    private @Nullable ShutdownJournal journal;

    private Builder(EcsClient client) {
      this.client = Objects.requireNonNull(client, "client");
    }

    /**
     * Sets the options of every run. Default: those of the {@link #journal}, or {@link
     * ShutdownOptions#defaults()} without one.
     */
    public Builder options(ShutdownOptions options) {
      this.options = Objects.requireNonNull(options, "options");
      return this;
    }

    /**
     * Sets the journal that is recorded, and whose run is continued. Instances with a final outcome
     * in it are skipped without an outcome; {@link ShutdownJournal} describes how the others are
     * resumed. It stays open when the run ends. Default: none.
     */
    public Builder journal(ShutdownJournal journal) {
      this.journal = Objects.requireNonNull(journal, "journal");
      return this;
    }

    /**
     * Adds a listener of every run, such as {@code FleetMetrics}, after those added before.
     * Default: none.
     */
    public Builder listener(RunListener listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Returns the shutdown.
     *
     * @throws IllegalArgumentException if it has both options and a journal, whose run has options
     *     already, if the journal is of a run over several targets, or if their operation is a
     *     start
     */
    public FleetShutdown build() {
      if ((options != null && options.operation() != Operation.STOP)
          || (journal != null && journal.options().operation() != Operation.STOP)) {
        throw new IllegalArgumentException(
            "operation must be STOP; use FleetStart to start instances");
      }
      if (options != null && journal != null) {
        throw new IllegalArgumentException(
            "options must be given to the journal alone, which was opened with them");
      }
      if (journal != null) {
        if (!journal.state().targets().isEmpty()) {
          throw new IllegalArgumentException(
              "the journal is of a run over several targets; resume it with FleetShutdown.across");
        }
        return new FleetShutdown(this, journal.options());
      }
      return new FleetShutdown(this, options == null ? ShutdownOptions.defaults() : options);
    }
  }
}
