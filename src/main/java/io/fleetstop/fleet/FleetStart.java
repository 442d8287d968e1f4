package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.Preconditions;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Starts the instances that a run of a {@link FleetShutdown} has stopped, as its journal shows
 * them; the way back from a stop. Thread-safe; each subscription to {@link #start} is a run.
 *
 * <pre>{@code
 * Flux<ShutdownOutcome> outcomes =
 *     JournaledRun.readOwn(Path.of("run.jsonl"))
 *         .flatMapMany(FleetStart.builder(client).build()::start);
 * }</pre>
 *
 * <p>Which instances, by what the journal has of them:
 *
 * <table>
 *   <caption>Outcome of the stop run, and the consequence</caption>
 *   <tr><th>Journal</th><th>Start run</th></tr>
 *   <tr><td>{@code Stopped}, {@code Accepted}</td><td>started</td></tr>
 *   <tr><td>{@code Unconfirmed}, {@code Failed} after a request that may have taken effect, or an
 *     intent without outcome</td><td>started if it is described as stopped</td></tr>
 *   <tr><td>{@code AlreadyStopped}, other {@code Failed}, {@code Skipped}</td><td>never started, and
 *     without an outcome: the run did not stop it</td></tr>
 * </table>
 *
 * <p>Each instance is described before it is called. One that runs or starts is {@link
 * ShutdownOutcome.AlreadyRunning}. One that was changed since the run stopped it is {@link
 * ShutdownOutcome.Skipped}, unless {@link Builder#includeChanged}: it is in another state, or the
 * time of its last change is later than the stop and {@link Builder#changeTolerance}. If the
 * service does not tell that time, the state alone decides. A stop whose acceptance the run did not
 * see, and that the service dates before the call, was not its own: such an instance is skipped,
 * too. {@link ShutdownOptions.Builder#exclude} applies, but the protect tag does not: it protects
 * from a stop.
 *
 * <p>The options {@code forceStop}, {@code stoppedMode}, {@code batchSize} and {@code
 * stopIfUnreadable} are those of a stop; in the others, RUNNING stands for STOPPED.
 *
 * <p>A start run has the pace, tokens, retries, failure limit, waves and journal of a stop run. The
 * instance that was stopped last is started first. A lack of capacity is retried slowly for as long
 * as the deadline of a call allows, and holds no call slot meanwhile.
 */
public final class FleetStart {

  static final Duration CHANGE_TOLERANCE = Duration.ofMinutes(2);

  private final EcsClient client;
  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;
  private final @Nullable Target target;
  private final Predicate<InstanceId> only;
  private final boolean includeChanged;
  private final Duration changeTolerance;
  private final String ownId = UUID.randomUUID().toString();
  private final AtomicLong runs = new AtomicLong();
  private final ActiveRuns activeRuns = new ActiveRuns();
  private final RunListener listener;

  private FleetStart(Builder builder, ShutdownOptions options) {
    this.client = builder.client;
    this.options = options;
    this.journal = builder.journal;
    this.target = builder.target;
    this.only = builder.only;
    this.includeChanged = builder.includeChanged;
    this.changeTolerance = builder.changeTolerance;
    this.listener = RunListener.all(builder.listeners);
    IdSet.warmUp();
  }

  /** Returns a builder of a start that calls {@code client}, whose limiters also limit it. */
  public static Builder builder(EcsClient client) {
    return new Builder(client);
  }

  /**
   * Returns a builder of a start of what a run over several targets has stopped, each with the
   * client of its account and region.
   *
   * @throws IllegalArgumentException if there is no target
   */
  public static MultiTargetStart.Builder across(Map<Target, EcsClient> clients) {
    return new MultiTargetStart.Builder(clients);
  }

  /**
   * Starts the instances that a run has stopped, and reports each outcome. Values, demand,
   * cancellation, threads, memory and errors are those of {@link FleetShutdown#stop}; a second
   * subscription is a second run.
   *
   * @throws IllegalArgumentException if {@code stopRun} is a dry run or itself a start run, or a
   *     process still runs it
   */
  public Flux<ShutdownOutcome> start(JournaledRun stopRun) {
    requireFinishedStop(stopRun);
    return Flux.defer(() -> run(stopRun).outcomes());
  }

  /**
   * As {@link #start}, for one run that can be observed, paused and drained. Nothing starts before
   * its {@linkplain ShutdownRun#outcomes() outcomes} are subscribed to.
   */
  public ShutdownRun run(JournaledRun stopRun) {
    return run(stopRun, Waves.none());
  }

  /**
   * As {@link #run(JournaledRun)}, in waves, as {@link
   * FleetShutdown#run(org.reactivestreams.Publisher, Waves)} describes them. They follow the
   * reverse order of the stop.
   *
   * @throws IllegalArgumentException as {@link #start}, or if a size is in per cent: see {@link
   *     Waves#ofFleet}
   */
  public ShutdownRun run(JournaledRun stopRun, Waves waves) {
    return run(stopRun, waves, runId());
  }

  ShutdownRun run(JournaledRun stopRun, Waves waves, String runId) {
    requireFinishedStop(stopRun);
    Map<InstanceId, StoppedByRun> stopped = stoppedBy(stopRun);
    return new ShutdownRun(
        Flux.fromIterable(stopped.keySet()),
        new ShutdownEngine(client, options, journal, runId, waves, checkOf(stopped)),
        activeRuns,
        listener);
  }

  /**
   * Returns the instances that a run of {@code stopRun} describes, and starts if they are as the
   * stop has left them; the one that was stopped last is the first. Nothing is called.
   */
  public List<InstanceId> candidates(JournaledRun stopRun) {
    requireFinishedStop(stopRun);
    return List.copyOf(stoppedBy(stopRun).keySet());
  }

  /**
   * Describes the {@link #candidates}, and returns the outcomes of those that a run would not
   * start, in their order: those that run already, were changed or are excluded. Starts nothing.
   *
   * <p>One call describes up to 100 instances. An instance that cannot be described is {@link
   * ShutdownOutcome.Failed} or {@link ShutdownOutcome.Unconfirmed}; never an error. The journal of
   * the start run is not consulted.
   */
  public Flux<ShutdownOutcome> preview(JournaledRun stopRun) {
    requireFinishedStop(stopRun);
    Map<InstanceId, StoppedByRun> stopped = stoppedBy(stopRun);
    ProtectionCheck check = new ProtectionCheck(options, client.poller(), checkOf(stopped));
    return Flux.fromIterable(stopped.keySet())
        .flatMapSequential(id -> check.check(id, false), options.maxOpen());
  }

  private Map<InstanceId, StoppedByRun> stoppedBy(JournaledRun stopRun) {
    Map<InstanceId, StoppedByRun> stopped = new LinkedHashMap<>();
    for (StoppedByRun instance : stopRun.stopped(target)) {
      if (only.test(instance.id())) {
        stopped.put(instance.id(), instance);
      }
    }
    return stopped;
  }

  private ChangeCheck checkOf(Map<InstanceId, StoppedByRun> stopped) {
    return new ChangeCheck(
        stopped, changeTolerance, options.awaitOptions().timeout(), includeChanged);
  }

  /** Drains every run, as {@link FleetShutdown#drain()} does. */
  public Mono<Void> drain() {
    return activeRuns.drain();
  }

  /** Ends the effect of {@link #drain()}, as {@link FleetShutdown#reopen()} does. */
  public void reopen() {
    activeRuns.reopen();
  }

  private void requireFinishedStop(JournaledRun stopRun) {
    if (stopRun.operation() != Operation.STOP) {
      throw new IllegalArgumentException(
          "stopRun must be a stop run, "
              + stopRun.runId()
              + " is a start run; give the journal of the run that stopped the instances");
    }
    if (target == null && !stopRun.targets().isEmpty()) {
      throw new IllegalArgumentException(
          "stopRun has targets "
              + stopRun.targets()
              + "; use FleetStart.across, or build a start with a client and target(...)");
    }
    if (stopRun.isDryRun()) {
      throw new IllegalArgumentException(
          "stopRun must have stopped instances, " + stopRun.runId() + " is a dry run");
    }
    if (stopRun.isActive()) {
      throw new IllegalArgumentException(
          "stopRun must have ended, a process still runs " + stopRun.runId() + "; end it first");
    }
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }

  /** Builds {@link FleetStart}. Not thread-safe. */
  public static final class Builder {

    private final EcsClient client;
    private final List<RunListener> listeners = new ArrayList<>();
    private @Nullable ShutdownOptions options;
    private @Nullable ShutdownJournal journal;
    private @Nullable Target target;
    private Predicate<InstanceId> only = id -> true;
    private boolean includeChanged;
    private Duration changeTolerance = CHANGE_TOLERANCE;

    private Builder(EcsClient client) {
      this.client = Objects.requireNonNull(client, "client");
    }

    /**
     * Sets the options of every run; their operation becomes {@link Operation#START}. Default:
     * those of the {@link #journal}, or the defaults without one.
     *
     * @throws IllegalArgumentException if they have options that only a stop has
     */
    public Builder options(ShutdownOptions options) {
      this.options =
          Objects.requireNonNull(options, "options").mutate().operation(Operation.START).build();
      return this;
    }

    /**
     * Sets the journal of the start run itself, which was created with {@link Operation#START} and
     * whose run is continued, as {@link FleetShutdown.Builder#journal} describes. Default: none.
     *
     * @throws IllegalArgumentException if it is the journal of a stop run
     */
    public Builder journal(ShutdownJournal journal) {
      if (Objects.requireNonNull(journal, "journal").options().operation() != Operation.START) {
        throw new IllegalArgumentException(
            "journal must be of a start run; create it with options of operation START");
      }
      this.journal = journal;
      return this;
    }

    /**
     * Sets the target, of a stop run over several, whose instances are started; the client is that
     * of the target. Default: none, for the run of one client.
     */
    public Builder target(Target target) {
      this.target = Objects.requireNonNull(target, "target");
      return this;
    }

    /**
     * Sets which of the stopped instances are started. The others have no outcome. A second call
     * replaces the first. Default: all.
     */
    public Builder only(Predicate<InstanceId> only) {
      this.only = Objects.requireNonNull(only, "only");
      return this;
    }

    /**
     * Sets whether instances that were changed since the run stopped them are started, too.
     * Default: {@code false}.
     */
    public Builder includeChanged(boolean includeChanged) {
      this.includeChanged = includeChanged;
      return this;
    }

    /**
     * Sets how much later than the outcome of the stop the service may date the last change of an
     * instance, before it counts as changed: clocks differ, and the service may record its stop
     * late. An instance whose stop the run did not see gets {@link
     * ShutdownOptions#awaitOptions()}'s timeout in addition. Default: 2 min.
     *
     * @throws IllegalArgumentException if {@code changeTolerance} is not 1 ms to 365 days
     */
    public Builder changeTolerance(Duration changeTolerance) {
      this.changeTolerance = Preconditions.positive("changeTolerance", changeTolerance);
      return this;
    }

    /** Adds a listener of every run, after those added before. Default: none. */
    public Builder listener(RunListener listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Returns the start.
     *
     * @throws IllegalArgumentException if it has both options and a journal, whose run has options
     *     already
     */
    public FleetStart build() {
      if (options != null && journal != null) {
        throw new IllegalArgumentException(
            "options must be given to the journal alone, which was opened with them");
      }
      if (journal != null) {
        return new FleetStart(this, journal.options());
      }
      return new FleetStart(
          this,
          options == null ? ShutdownOptions.builder().operation(Operation.START).build() : options);
    }
  }
}
