package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stops instances of several {@link Target}s in one run: one run id, one journal, one failure
 * limit. {@link FleetShutdown#across} creates it. Each target has the client of its account and
 * region, and with it its own rate limits, so that no target delays another.
 *
 * <pre>{@code
 * MultiTargetShutdown fleet =
 *     FleetShutdown.across(Map.of(beijing, beijingClient, shanghai, shanghaiClient))
 *         .options(options)
 *         .maxFailuresPerTarget(FailureLimit.count(10))
 *         .build();
 * Flux<TargetOutcome> outcomes = fleet.stop(Map.of(beijing, ids, shanghai, otherIds));
 * }</pre>
 *
 * <p>Thread-safe; each subscription to {@link #stop} is a run.
 */
public final class MultiTargetShutdown {

  private final Map<Target, FleetShutdown> fleets = new LinkedHashMap<>();
  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;
  private final boolean continueOnTargetError;
  private final String ownId = UUID.randomUUID().toString();
  private final AtomicLong runs = new AtomicLong();

  private MultiTargetShutdown(Builder builder, ShutdownOptions options) {
    this.options = options;
    this.journal = builder.journal;
    this.continueOnTargetError = builder.continueOnTargetError;
    ShutdownOptions ofTarget =
        TargetRuns.ofEach(options, builder.clients.size(), builder.maxFailuresPerTarget);
    builder.clients.forEach(
        (target, client) -> {
          FleetShutdown.Builder fleet = FleetShutdown.builder(client);
          builder.listeners.forEach(fleet::listener);
          fleets.put(
              target,
              journal == null
                  ? fleet.options(ofTarget).build()
                  : fleet.journal(new TargetJournal(journal, target, ofTarget)).build());
        });
  }

  /**
   * Stops the instances of each target, and reports each outcome, as {@link
   * FleetShutdown#stop(Publisher)} does for one target.
   *
   * <ul>
   *   <li><strong>Values:</strong> one outcome for each distinct id of a target. A stream for each
   *       target, rather than one for all, keeps a slow target from holding back the ids of others.
   *   <li><strong>Demand:</strong> up to {@value MultiTargetRun#PREFETCH} outcomes of each target
   *       are requested before they are taken.
   *   <li><strong>Bounds:</strong> {@link ShutdownOptions#maxInFlight()} and {@link
   *       ShutdownOptions#maxOpen()} are those of the run, and divided among its targets in equal
   *       shares of at least 1.
   *   <li><strong>Failures:</strong> {@link ShutdownOptions#failureLimit()} applies to all targets
   *       together.
   * </ul>
   *
   * <p><strong>Errors</strong> follow the outcomes of all started instances. An error of one target
   * (its credentials are rejected, or its stream of ids fails) ends that target; whether it ends
   * the others, too, is {@link Builder#continueOnTargetError}. The failure limit of the run and the
   * journal end all targets.
   *
   * @param ids the instances of each target; a target without an entry has none
   * @throws IllegalArgumentException if a target has no client
   */
  public Flux<TargetOutcome> stop(Map<Target, ? extends Publisher<InstanceId>> ids) {
    requireKnown(ids.keySet());
    return Flux.defer(() -> run(ids).outcomes());
  }

  /**
   * As {@link #stop}, for one run that can be observed, paused and drained. Nothing starts before
   * its {@linkplain MultiTargetRun#outcomes() outcomes} are subscribed to.
   */
  public MultiTargetRun run(Map<Target, ? extends Publisher<InstanceId>> ids) {
    requireKnown(ids.keySet());
    MultiTargetRun run = new MultiTargetRun(options.failureLimit(), continueOnTargetError);
    String runId = runId();
    ids.forEach(
        (target, published) ->
            run.add(target, fleet(target).run(Flux.from(published), Waves.none(), runId)));
    return run;
  }

  /**
   * As {@link #run}, in waves over all targets. The next wave starts when every target has the
   * outcomes of its part of the current one, and only if the failures of that wave by itself, and
   * of all outcomes so far, stay within {@link ShutdownOptions#failureLimit()}; {@link
   * Waves#approvedBy} is asked once for each wave but the first. Instances that are finished in the
   * journal belong to no wave.
   *
   * @param waves sizes in per cent are of all targets together, or of each target for {@link
   *     WaveOrder#BY_TARGET}
   */
  public MultiTargetRun run(
      Map<Target, ? extends Collection<InstanceId>> ids, Waves waves, WaveOrder order) {
    requireKnown(ids.keySet());
    Map<Target, Set<InstanceId>> open = new LinkedHashMap<>();
    ids.forEach((target, named) -> open.put(target, incomplete(target, named)));
    String runId = runId();
    return TargetRuns.composed(
        new MultiTargetRun(options.failureLimit(), continueOnTargetError),
        open,
        waves,
        order,
        options.failureLimit(),
        (target, some, share) -> fleet(target).run(Flux.fromIterable(some), share, runId));
  }

  private Set<InstanceId> incomplete(Target target, Collection<InstanceId> ids) {
    Set<InstanceId> open = new LinkedHashSet<>(ids);
    if (journal != null) {
      JournalState state = journal.state().of(target);
      open.removeIf(state::isCompleted);
    }
    return open;
  }

  /** Returns the targets, in the order of their clients. */
  public Set<Target> targets() {
    return Set.copyOf(fleets.keySet());
  }

  /**
   * Drains every run, as {@link FleetShutdown#drain()} does. Runs that are subscribed to later end
   * at once.
   */
  public Mono<Void> drain() {
    return Flux.fromIterable(fleets.values()).flatMap(FleetShutdown::drain).then();
  }

  private FleetShutdown fleet(Target target) {
    return Objects.requireNonNull(fleets.get(target), "a known target");
  }

  private void requireKnown(Set<Target> targets) {
    for (Target target : targets) {
      if (!fleets.containsKey(target)) {
        throw new IllegalArgumentException(
            "ids of " + target + ", which has no client; the targets are " + fleets.keySet());
      }
    }
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }

  /** Builds {@link MultiTargetShutdown}. Not thread-safe. */
  public static final class Builder {

    private final Map<Target, EcsClient> clients;
    private final List<RunListener> listeners = new ArrayList<>();
    private @Nullable ShutdownOptions options;
    private @Nullable ShutdownJournal journal;
    private FailureLimit maxFailuresPerTarget = FailureLimit.none();
    private boolean continueOnTargetError;

    Builder(Map<Target, EcsClient> clients) {
      if (Objects.requireNonNull(clients, "clients").isEmpty()) {
        throw new IllegalArgumentException("clients must have at least one target");
      }
      this.clients = new LinkedHashMap<>(clients);
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
     * Sets the journal of all targets, whose run is continued as {@link
     * FleetShutdown.Builder#journal} describes. Each event names its target. Default: none.
     */
    public Builder journal(ShutdownJournal journal) {
      this.journal = Objects.requireNonNull(journal, "journal");
      return this;
    }

    /**
     * Sets the limit of failures in one target, which ends that target and not the others; the run
     * then ends with the error of the limit, unless {@link #continueOnTargetError} is set. Default:
     * none.
     */
    public Builder maxFailuresPerTarget(FailureLimit limit) {
      this.maxFailuresPerTarget = Objects.requireNonNull(limit, "limit");
      return this;
    }

    /**
     * Sets whether the run continues, and completes, after one target ended with an error, which
     * {@link MultiTargetRun#errors()} has. Otherwise no target starts further instances, and the
     * run ends with that error. Default: {@code false}.
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
     * Returns the shutdown.
     *
     * @throws IllegalArgumentException if it has both options and a journal, or the journal has
     *     instances without a target or of a target without a client
     */
    public MultiTargetShutdown build() {
      return new MultiTargetShutdown(
          this,
          TargetRuns.optionsOf(journal, options, ShutdownOptions::defaults, clients.keySet()));
    }
  }
}
