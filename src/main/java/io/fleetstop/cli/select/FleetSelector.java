package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.FilterArguments;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.fleet.IdSet;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Selects the fleet of a command line: instances, size limit, and confirmation. */
public final class FleetSelector {

  /** The maximum number of ids in a note. */
  private static final int MAX_LISTED = 20;

  /** How long ids may be read before the user is told what the command waits for. */
  private static final Duration SILENT_READING = Duration.ofSeconds(3);

  /** The part of a run that earlier processes finished. */
  public interface Completed {

    /** Whether the instance has its final outcome. */
    boolean isDone(InstanceId id);

    /** Returns the number of instances with a final outcome. */
    int done();

    /** Returns the instances that may have been called and have no final outcome. */
    Set<InstanceId> unsettled();
  }

  private final StopArguments options;
  private final Terminal terminal;
  final Set<InstanceId> named;
  final Exclusions exemptions;
  // One of several targets.
  private final boolean partial;
  private final FleetSizeLimits limits;
  private JournalOnlyInstances journalOnly = JournalOnlyInstances.NONE;

  private FleetSelector(StopArguments options, Terminal terminal) {
    this.options = options;
    this.terminal = terminal;
    this.partial = false;
    this.limits = new FleetSizeLimits(options.safety, false);
    this.named =
        noted(
            () -> InstanceIds.readToStop(options.ids, options.which.files(), terminal.in()),
            "--ids-file",
            options.which.files());
    requireSendable(options.filters);
    this.exemptions = exclusions();
  }

  private FleetSelector(
      StopArguments options,
      Terminal terminal,
      Set<InstanceId> named,
      @Nullable Exclusions exclusions) {
    this.options = options;
    this.terminal = terminal;
    this.partial = true;
    this.limits = new FleetSizeLimits(options.safety, true);
    this.named = named;
    this.exemptions = exclusions == null ? exclusions() : exclusions;
  }

  private Exclusions exclusions() {
    return noted(
        () -> Exclusions.read(options, terminal), "--exclude-file", options.exempt.files());
  }

  /**
   * Returns a selector for each target. The limits of the fleet are left to {@link TargetFleets},
   * which knows all of it.
   *
   * @throws CommandFailure as {@link #of}
   */
  static Map<Target, FleetSelector> ofTargets(
      StopArguments options, Terminal terminal, Collection<Target> targets) {
    Map<Target, Set<InstanceId>> ids = TargetIds.read(options, terminal, targets);
    requireSendable(options.filters);
    FleetSelector first = new FleetSelector(options, terminal, Set.of(), null);
    first.requireSource();
    if (first.isFound() && first.stopsForReal()) {
      first.requireAnswerable();
    }
    Map<Target, FleetSelector> selectors = new LinkedHashMap<>();
    for (Target target : targets) {
      selectors.put(
          target,
          new FleetSelector(
              options, terminal, ids.getOrDefault(target, Set.of()), first.exemptions));
    }
    return selectors;
  }

  /** Reads ids; says what it waits for if that takes long: a pipe may have no writer. */
  private <T> T noted(Supplier<T> reading, String option, List<String> files) {
    Disposable note =
        Mono.delay(SILENT_READING, Schedulers.boundedElastic())
            .subscribe(
                tick ->
                    Progress.NONE.print(
                        terminal.err(),
                        "Still reading "
                            + option
                            + " "
                            + TerminalText.escape(String.join(", ", files))
                            + ": end the input (Ctrl-D in a terminal), or interrupt with Ctrl-C"));
    try {
      return reading.get();
    } finally {
      note.dispose();
    }
  }

  /**
   * Reads ids and filters. Sends nothing.
   *
   * @throws CommandFailure if none or contradictory ones are given, or confirmation is required and
   *     there is no terminal
   */
  public static FleetSelector of(StopArguments options, Terminal terminal) {
    FleetSelector selector = new FleetSelector(options, terminal);
    selector.requireSource();
    if (selector.isFound() && selector.stopsForReal()) {
      selector.requireAnswerable();
    }
    return selector;
  }

  private static void requireSendable(FilterArguments filters) {
    filters.request(DescribeInstances.DEFAULT_MAX_INSTANCES);
  }

  private void requireSource() {
    boolean namesGiven = !options.ids.isEmpty() || !options.which.files().isEmpty();
    if (isFound() && namesGiven) {
      throw CommandFailure.usage("ids and filters cannot be combined: give one or the other");
    }
    if (!isFound() && named.isEmpty() && !(partial && namesGiven) && !options.where.isSimulated()) {
      throw CommandFailure.usage("no instances are selected: " + whatToGive());
    }
  }

  private String whatToGive() {
    if (!options.which.files().isEmpty()) {
      return InstanceIds.emptyText(options.which.files());
    }
    return options.safety.resume
        ? "a journal does not select them; give the ids, --ids-file or filters of the run again"
        : "give ids, --ids-file, filters or --simulate. Try it without an account with fleetstop"
            + " stop --simulate 10";
  }

  private void requireAnswerable() {
    if (options.safety.yes && options.safety.maxInstances == null) {
      throw CommandFailure.usage(
          "filters with --yes also need --max-instances N: the largest fleet that you expect, so that a"
              + " mistyped filter stops nothing");
    }
    if (!options.safety.yes) {
      Confirmation.requireInteractive(terminal, null);
    }
  }

  boolean isFound() {
    return options.filters.isGiven();
  }

  boolean stopsForReal() {
    return !options.where.isSimulated() && !options.how.dryRun && !options.how.plan;
  }

  /** Returns the instances that only the journal names. */
  JournalOnlyInstances journalOnly() {
    return journalOnly;
  }

  /** Whether the user is asked before these instances are stopped. */
  public boolean isAsking(SelectedInstances fleet) {
    return needsYes(fleet.ids().size());
  }

  // Named instances are intended; those that a filter or the journal adds may not be.
  private boolean needsYes(int instances) {
    return stopsForReal()
        && !options.safety.yes
        && instances > (isFound() || !journalOnly.ids().isEmpty() ? 0 : 1);
  }

  /** Returns the first ids, and the number of the others. */
  static String listed(Collection<InstanceId> instances) {
    int more = instances.size() - MAX_LISTED;
    return instances.stream()
            .limit(MAX_LISTED)
            .map(InstanceId::value)
            .collect(Collectors.joining(", "))
        + (more > 0 ? " and " + TerminalText.count(more) + " more" : "");
  }

  /**
   * Finds the instances, or describes the named ones.
   *
   * @param notes receives notes for the user
   * @throws CommandFailure if they cannot be listed, there are too many, or the journal adds some
   *     that the command line does not allow
   */
  public SelectedInstances find(
      EcsClient client, Completed completed, ServiceTarget target, Consumer<String> notes) {
    InstanceDiscovery discovery = new InstanceDiscovery(client, exemptions, notes);
    if (isFound()) {
      SelectedInstances fleet =
          discovery.found(
              options.filters,
              limits.maxListed(),
              completed,
              size -> limits.requireEnd((long) completed.done() + size),
              listed -> allowJournalOnly(discovery, completed, listed, notes));
      limits.requireEnough(fleet, completed);
      if (fleet.all().isEmpty()) {
        acceptEmpty(completed, target, notes);
      }
      limits.requireFewEnough(completed.done() + fleet.ids().size());
      return fleet;
    }
    // A resumed run includes the instances that it may have called, even if they are not named
    // again.
    Set<InstanceId> wanted = named.isEmpty() ? target.simulatedIds() : named;
    allowJournalOnly(discovery, completed, wanted, notes);
    Set<InstanceId> ids = remaining(wanted, completed);
    // Which of them have the tag is not known yet; a fleet that is too large must be refused
    // without describing it.
    limits.requireFewEnough(completed.done() + exemptions.withoutExcluded(ids));
    if (!partial && needsYes(ids.size())) {
      Confirmation.requireInteractive(terminal, ids.size());
    }
    SelectedInstances fleet = discovery.named(ids, completed);
    acceptMissing(fleet, completed, target, notes);
    limits.requireEnough(fleet, completed);
    return fleet;
  }

  /** Returns a new set only if it differs: a large fleet is not kept twice. */
  private static Set<InstanceId> remaining(Set<InstanceId> wanted, Completed completed) {
    if (completed.done() == 0 && completed.unsettled().isEmpty()) {
      return wanted;
    }
    Set<InstanceId> ids = new IdSet();
    ids.addAll(completed.unsettled());
    wanted.stream().filter(id -> !completed.isDone(id)).forEach(ids::add);
    return ids;
  }

  private void allowJournalOnly(
      InstanceDiscovery discovery,
      Completed completed,
      Set<InstanceId> selected,
      Consumer<String> notes) {
    journalOnly =
        JournalOnlyInstances.of(
            completed.unsettled(), selected, exemptions, options.safety, discovery::stoppable);
    if (!partial) {
      journalOnly.requireNumber(options.safety, stopsForReal());
    }
    String note = journalOnly.note();
    if (note != null) {
      notes.accept(note);
    }
  }

  // A mistyped filter matches nothing, which a script must not mistake for a stopped fleet.
  private void acceptEmpty(Completed completed, ServiceTarget target, Consumer<String> notes) {
    if (completed.done() > 0) {
      notes.accept("Every instance that matches the filters already has its outcome");
      return;
    }
    String found =
        "no instance in "
            + target.region()
            + " passes "
            + TerminalText.escape(options.filters.toString());
    if (!partial && !options.safety.allowEmpty) {
      throw CommandFailure.unanswered(
          found
              + "; nothing was stopped. Check the filters and the region, or add --allow-empty if an"
              + " empty fleet is expected");
    }
    notes.accept(found);
  }

  // An instance that the run may have called before may have been deleted since.
  private void acceptMissing(
      SelectedInstances fleet, Completed completed, ServiceTarget target, Consumer<String> notes) {
    Set<InstanceId> missing = new LinkedHashSet<>(fleet.missing());
    missing.removeAll(completed.unsettled());
    if (missing.isEmpty()) {
      return;
    }
    String found =
        TerminalText.count(missing.size())
            + " of "
            + TerminalText.instances(fleet.all().size())
            + (missing.size() == 1 ? " does not exist in " : " do not exist in ")
            + target.region()
            + ": "
            + listed(missing);
    if (!options.safety.allowMissing) {
      throw CommandFailure.usage(
          found
              + "; nothing was stopped. Correct the ids or the region, or add --allow-missing to"
              + " stop the others");
    }
    notes.accept(found);
  }

  /** Returns how much the exclusions and a given protect tag match. */
  public List<String> protectionNotes(SelectedInstances fleet) {
    return fleet.protectionNotes(options.exempt.protectTag != null);
  }

  /**
   * Asks for confirmation, if it is required.
   *
   * @param reached the number of instances up to the end of the last wave
   * @throws CommandFailure on any answer but yes
   */
  public void confirm(
      SelectedInstances fleet,
      ShutdownOptions shutdown,
      ServiceTarget target,
      int reached,
      Completed completed) {
    if (needsYes(fleet.ids().size())) {
      // Without it, the question would not show which instances only the journal names.
      String unseen = options.output.quiet ? journalOnly.note() : null;
      Confirmation.requireInteractive(terminal, fleet.ids().size());
      Confirmation.require(terminal, plan(fleet, shutdown, target, reached, completed), unseen);
    }
  }

  /** Returns what the run is about to do. Asks STS for the identity. */
  public StopPlan plan(
      SelectedInstances fleet,
      ShutdownOptions shutdown,
      ServiceTarget target,
      int reached,
      Completed completed) {
    return new StopPlan(fleet, shutdown, target, target.knownIdentity(), reached, completed.done());
  }
}
