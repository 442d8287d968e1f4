package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.Preconditions;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Starts what a run of a {@link MultiTargetShutdown} has stopped, in one run: one run id, one
 * journal, one failure limit. {@link FleetStart#across} creates it. Which instances are started,
 * {@link FleetStart} describes; bounds, demand and errors are those of {@link
 * MultiTargetShutdown#stop}.
 *
 * <pre>{@code
 * MultiTargetStart start =
 *     FleetStart.across(Map.of(beijing, beijingClient, shanghai, shanghaiClient)).build();
 * Flux<TargetOutcome> outcomes =
 *     JournaledRun.readOwn(Path.of("run.jsonl")).flatMapMany(start::start);
 * }</pre>
 *
 * <p>Thread-safe; each subscription to {@link #start} is a run.
 */
public final class MultiTargetStart {

  private final Map<Target, FleetStart> starts = new LinkedHashMap<>();
  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;
  private final boolean continueOnTargetError;
  private final String ownId = UUID.randomUUID().toString();
  private final AtomicLong runs = new AtomicLong();

  private MultiTargetStart(Builder builder, ShutdownOptions options) {
    this.options = options;
    this.journal = builder.journal;
    this.continueOnTargetError = builder.continueOnTargetError;
    ShutdownOptions ofTarget =
        TargetRuns.ofEach(options, builder.clients.size(), builder.maxFailuresPerTarget);
    builder.clients.forEach(
        (target, client) -> {
          FleetStart.Builder start =
              FleetStart.builder(client)
                  .target(target)
                  .only(id -> builder.only.test(target, id))
                  .includeChanged(builder.includeChanged)
                  .changeTolerance(builder.changeTolerance);
          builder.listeners.forEach(start::listener);
          starts.put(
              target,
              journal == null
                  ? start.options(ofTarget).build()
                  : start.journal(new TargetJournal(journal, target, ofTarget)).build());
        });
  }

  /**
   * Starts the instances that a run has stopped in any of the targets, and reports each outcome.
   *
   * @throws IllegalArgumentException as {@link FleetStart#start}, or if the run has stopped
   *     instances in a target without a client
   */
  public Flux<TargetOutcome> start(JournaledRun stopRun) {
    requireKnown(stopRun);
    return Flux.defer(() -> run(stopRun).outcomes());
  }

  /**
   * As {@link #start}, for one run that can be observed, paused and drained. Nothing starts before
   * its {@linkplain MultiTargetRun#outcomes() outcomes} are subscribed to.
   */
  public MultiTargetRun run(JournaledRun stopRun) {
    return run(stopRun, Waves.none(), WaveOrder.PROPORTIONAL);
  }

  /**
   * As {@link #run(JournaledRun)}, in waves over all targets, as {@link
   * MultiTargetShutdown#run(Map, Waves, WaveOrder)} describes them. Within a target they follow the
   * reverse order of the stop.
   */
  public MultiTargetRun run(JournaledRun stopRun, Waves waves, WaveOrder order) {
    requireKnown(stopRun);
    Map<Target, Set<InstanceId>> open = new LinkedHashMap<>();
    candidates(stopRun)
        .forEach(
            (target, ids) -> {
              Set<InstanceId> incomplete = new LinkedHashSet<>(ids);
              if (journal != null) {
                incomplete.removeIf(journal.state().of(target)::isCompleted);
              }
              open.put(target, incomplete);
            });
    String runId = runId();
    return TargetRuns.composed(
        new MultiTargetRun(options.failureLimit(), continueOnTargetError),
        open,
        waves,
        order,
        options.failureLimit(),
        (target, ids, share) -> of(target).run(stopRun, share, runId));
  }

  /** Returns the {@link FleetStart#candidates} of each target. Nothing is called. */
  public Map<Target, List<InstanceId>> candidates(JournaledRun stopRun) {
    Map<Target, List<InstanceId>> candidates = new LinkedHashMap<>();
    starts.forEach((target, start) -> candidates.put(target, start.candidates(stopRun)));
    return candidates;
  }

  /** Returns the {@link FleetStart#preview} of every target. Starts nothing. */
  public Flux<TargetOutcome> preview(JournaledRun stopRun) {
    requireKnown(stopRun);
    return Flux.fromIterable(starts.entrySet())
        .flatMapSequential(
            each ->
                each.getValue()
                    .preview(stopRun)
                    .map(outcome -> new TargetOutcome(each.getKey(), outcome)));
  }

  /**
   * Drains every run, as {@link FleetShutdown#drain()} does. Runs that are subscribed to later end
   * at once.
   */
  public Mono<Void> drain() {
    return Flux.fromIterable(starts.values()).flatMap(FleetStart::drain).then();
  }

  private FleetStart of(Target target) {
    return Objects.requireNonNull(starts.get(target), "a known target");
  }

  private void requireKnown(JournaledRun stopRun) {
    for (Target target : stopRun.targets()) {
      if (!starts.containsKey(target) && !continueOnTargetError) {
        throw new IllegalArgumentException(
            "stopRun has instances of "
                + target
                + ", which has no client; the targets are "
                + starts.keySet());
      }
    }
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }

  /** Builds {@link MultiTargetStart}. Not thread-safe. */
  public static final class Builder {

    private final Map<Target, EcsClient> clients;
    private final List<RunListener> listeners = new ArrayList<>();
    private @Nullable ShutdownOptions options;
    private @Nullable ShutdownJournal journal;
    private FailureLimit maxFailuresPerTarget = FailureLimit.none();
    private BiPredicate<Target, InstanceId> only = (target, id) -> true;
    private boolean continueOnTargetError;
    private boolean includeChanged;
    private Duration changeTolerance = FleetStart.CHANGE_TOLERANCE;

    Builder(Map<Target, EcsClient> clients) {
      if (Objects.requireNonNull(clients, "clients").isEmpty()) {
        throw new IllegalArgumentException("clients must have at least one target");
      }
      this.clients = new LinkedHashMap<>(clients);
    }

    /** As {@link FleetStart.Builder#options}. */
    public Builder options(ShutdownOptions options) {
      this.options = options.mutate().operation(Operation.START).build();
      return this;
    }

    /** As {@link FleetStart.Builder#journal}, of all targets; each event names its target. */
    public Builder journal(ShutdownJournal journal) {
      this.journal = Objects.requireNonNull(journal, "journal");
      return this;
    }

    /** As {@link FleetStart.Builder#only}. */
    public Builder only(BiPredicate<Target, InstanceId> only) {
      this.only = Objects.requireNonNull(only, "only");
      return this;
    }

    /** As {@link FleetStart.Builder#includeChanged}. */
    public Builder includeChanged(boolean includeChanged) {
      this.includeChanged = includeChanged;
      return this;
    }

    /** As {@link FleetStart.Builder#changeTolerance}. */
    public Builder changeTolerance(Duration changeTolerance) {
      this.changeTolerance = Preconditions.positive("changeTolerance", changeTolerance);
      return this;
    }

    /** As {@link MultiTargetShutdown.Builder#maxFailuresPerTarget}. */
    public Builder maxFailuresPerTarget(FailureLimit limit) {
      this.maxFailuresPerTarget = Objects.requireNonNull(limit, "limit");
      return this;
    }

    /**
     * As {@link MultiTargetShutdown.Builder#continueOnTargetError}. It also allows targets of the
     * stop run without a client: nothing is started in them. Default: {@code false}.
     */
    public Builder continueOnTargetError(boolean continueOnTargetError) {
      this.continueOnTargetError = continueOnTargetError;
      return this;
    }

    /** Adds a listener of the run of each target. Default: none. */
    public Builder listener(RunListener listener) {
      listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Returns the start.
     *
     * @throws IllegalArgumentException if it has both options and a journal, the journal is of a
     *     stop run, or has instances without a target or of a target without a client
     */
    public MultiTargetStart build() {
      return new MultiTargetStart(
          this,
          TargetRuns.optionsOf(
              journal,
              options,
              () -> ShutdownOptions.builder().operation(Operation.START).build(),
              clients.keySet()));
    }
  }
}
