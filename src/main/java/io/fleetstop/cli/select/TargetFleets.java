package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The fleets of several targets: found at the same time, limited and confirmed together. */
public final class TargetFleets {

  private static final int CONCURRENT_TARGETS = 8;

  private static final String UNKNOWN_ACCOUNT =
      "and STS does not show whether they are one account. Allow sts:GetCallerIdentity, or name the"
          + " account once";

  /**
   * The connection to a target.
   *
   * @param service its settings and credentials
   * @param client its client
   */
  public record Connected(ServiceTarget service, EcsClient client) {}

  /** The result of one target: a fleet, or why it could not be read. */
  private record Read(
      Target target, @Nullable SelectedInstances fleet, @Nullable CommandFailure failure) {}

  private final StopArguments options;
  private final Terminal terminal;
  private final Map<Target, FleetSelector> selectors;
  private final Map<Target, SelectedInstances> fleets = new LinkedHashMap<>();
  private final Map<Target, CommandFailure> failures = new LinkedHashMap<>();

  private TargetFleets(
      StopArguments options, Terminal terminal, Map<Target, FleetSelector> selectors) {
    this.options = options;
    this.terminal = terminal;
    this.selectors = selectors;
  }

  /**
   * Reads ids and filters. Sends nothing.
   *
   * @throws CommandFailure as {@link FleetSelector#of}
   */
  public static TargetFleets of(StopArguments options, Terminal terminal, Set<Target> targets) {
    return new TargetFleets(options, terminal, FleetSelector.ofTargets(options, terminal, targets));
  }

  /** Records why a target could not be connected. */
  public void addFailure(Target target, CommandFailure failure) {
    failures.put(target, failure);
  }

  /**
   * Finds the instances of every target.
   *
   * @param completed returns what is done in a target
   * @throws CommandFailure if a target cannot be read and the others must not be stopped, or all
   *     together are too many or too few
   */
  public void find(
      Map<Target, Connected> targets,
      Function<Target, FleetSelector.Completed> completed,
      Consumer<String> notes) {
    Flux.fromIterable(targets.entrySet())
        .flatMapSequential(
            entry ->
                Mono.fromCallable(
                        () ->
                            read(
                                entry.getKey(),
                                entry.getValue(),
                                completed.apply(entry.getKey()),
                                notes))
                    .subscribeOn(Schedulers.boundedElastic()),
            CONCURRENT_TARGETS)
        .collectList()
        .blockOptional()
        .ifPresent(reads -> reads.forEach(this::add));
    requireDistinct(targets, notes);
    requireReadable();
    requireSize(completed);
    JournalOnlyInstances.all(selectors.values().stream().map(FleetSelector::journalOnly).toList())
        .requireNumber(options.safety, any().stopsForReal());
  }

  private Read read(
      Target target,
      Connected connected,
      FleetSelector.Completed completed,
      Consumer<String> notes) {
    FleetSelector selector = Objects.requireNonNull(selectors.get(target));
    try {
      return new Read(
          target,
          selector.find(
              connected.client(),
              completed,
              connected.service(),
              note -> notes.accept(target + ": " + note)),
          null);
    } catch (CommandFailure failure) {
      return new Read(target, null, failure);
    }
  }

  private void add(Read read) {
    if (read.failure() != null) {
      failures.put(read.target(), read.failure());
    } else if (read.fleet() != null) {
      fleets.put(read.target(), read.fleet());
    }
  }

  private void requireReadable() {
    if (failures.isEmpty() || (options.several.continued && !fleets.isEmpty())) {
      return;
    }
    Map.Entry<Target, CommandFailure> first = failures.entrySet().iterator().next();
    String text =
        TerminalText.count(failures.size())
            + " of "
            + TerminalText.count(selectors.size())
            + " targets cannot be read, and nothing was stopped: "
            + String.join("; ", failureLines())
            + (options.several.continued
                ? ""
                : ". Correct them, or add --continue-on-target-error to stop the others");
    throw switch (first.getValue().exitCode()) {
      case USAGE -> CommandFailure.usage(text);
      case CONFIGURATION -> CommandFailure.configuration(text);
      default -> CommandFailure.unanswered(text);
    };
  }

  /**
   * Two names of one account would count each instance twice, and stop it by two runs: the second
   * name is an error of its target. STS shows whether they are one account. Of two accounts each
   * instance is stopped where it is listed, with the credentials of that account: a service that
   * lists those of another account does not keep them from being stopped.
   */
  private void requireDistinct(Map<Target, Connected> targets, Consumer<String> notes) {
    List<Target> found = List.copyOf(fleets.keySet());
    for (int i = 0; i < found.size(); i++) {
      for (Target other : found.subList(i + 1, found.size())) {
        Target one = found.get(i);
        if (fleets.containsKey(one)
            && fleets.containsKey(other)
            && one.region().equals(other.region())
            && !Collections.disjoint(ids(one), ids(other))) {
          resolve(one, other, targets, notes);
        }
      }
    }
  }

  private void resolve(
      Target one, Target other, Map<Target, Connected> targets, Consumer<String> notes) {
    String accountOfOne = account(targets, one);
    String accountOfOther = account(targets, other);
    if (accountOfOne == null && accountOfOther != null) {
      remove(one, other, UNKNOWN_ACCOUNT);
    } else if (accountOfOne == null || accountOfOther == null) {
      remove(other, one, UNKNOWN_ACCOUNT);
    } else if (accountOfOne.equals(accountOfOther)) {
      remove(other, one, "because they are one account. Name the account once");
    } else {
      notes.accept(
          one
              + " and "
              + other
              + " list the same instances, and are different accounts: each is called with its own"
              + " credentials. Check the endpoints");
    }
  }

  private static @Nullable String account(Map<Target, Connected> targets, Target target) {
    CallerIdentity identity = Objects.requireNonNull(targets.get(target)).service().knownIdentity();
    return identity == null ? null : identity.accountId();
  }

  private void remove(Target target, Target other, String reason) {
    fleets.remove(target);
    failures.put(
        target, CommandFailure.usage("it has the same instances as " + other + ", " + reason));
  }

  private Set<InstanceId> ids(Target target) {
    return Objects.requireNonNull(fleets.get(target)).ids();
  }

  /** Returns a line for each target that could not be read. */
  public List<String> failureLines() {
    List<String> lines = new ArrayList<>();
    failures.forEach((target, failure) -> lines.add(target + ": " + failure.getMessage()));
    return lines;
  }

  /** Returns the targets that could not be read, and why. */
  public Map<Target, CommandFailure> failures() {
    return failures;
  }

  private void requireSize(Function<Target, FleetSelector.Completed> completed) {
    long done = 0;
    long all = 0;
    long missing = 0;
    for (Map.Entry<Target, SelectedInstances> fleet : fleets.entrySet()) {
      done += completed.apply(fleet.getKey()).done();
      all += fleet.getValue().all().size();
      missing += fleet.getValue().missing().size();
    }
    long size = done + count();
    Integer max = options.safety.maxInstances;
    if (max != null && size > max) {
      throw CommandFailure.usage(
          "the targets have "
              + TerminalText.count(size)
              + " instances, more than the "
              + TerminalText.count(max)
              + " of --max-instances; nothing was stopped. Check the filters or ids, or raise it");
    }
    Integer min = options.safety.minInstances;
    if (min != null && size - missing < min) {
      throw CommandFailure.usage(
          "the targets have "
              + TerminalText.count(size - missing)
              + " instances to stop, fewer than the "
              + TerminalText.count(min)
              + " of --min-instances; nothing was stopped. Check the filters and the targets");
    }
    if (all + done == 0 && !options.safety.allowEmpty) {
      throw CommandFailure.unanswered(
          "no instance in any target passes the filters; nothing was stopped. Check the filters and"
              + " the targets, or add --allow-empty if empty fleets are expected");
    }
  }

  private FleetSelector any() {
    return selectors.values().iterator().next();
  }

  /** Returns the number of instances to stop. */
  public int count() {
    return ids().values().stream().mapToInt(Set::size).sum();
  }

  /** Returns the fleet of each target that could be read. */
  public Map<Target, SelectedInstances> fleets() {
    return fleets;
  }

  /** Returns what is known of an instance beside its id. */
  public InstanceLabel label(@Nullable Target target, String id) {
    SelectedInstances fleet = target == null ? null : fleets.get(target);
    return fleet == null ? InstanceLabel.UNKNOWN : fleet.label(id);
  }

  /** Returns the instances to stop in each target. */
  public Map<Target, Set<InstanceId>> ids() {
    Map<Target, Set<InstanceId>> ids = new LinkedHashMap<>();
    fleets.forEach(
        (target, fleet) -> {
          Set<InstanceId> called = new LinkedHashSet<>(fleet.ids());
          called.removeAll(fleet.unlisted());
          ids.put(target, called);
        });
    return ids;
  }

  /** Whether the user is asked before the instances are stopped. */
  public boolean isAsking() {
    return any().stopsForReal() && !options.safety.yes && count() > 0;
  }

  /**
   * Asks for confirmation, if it is required.
   *
   * @throws CommandFailure on any answer but yes
   */
  public void confirm(
      ShutdownOptions shutdown, Map<Target, Connected> targets, int done, Consumer<String> notes) {
    boolean tagGiven = options.exempt.protectTag != null;
    fleets.forEach(
        (target, fleet) ->
            fleet.protectionNotes(tagGiven).forEach(note -> notes.accept(target + ": " + note)));
    if (isAsking()) {
      Confirmation.requireInteractive(terminal, count());
      Confirmation.require(
          terminal, count(), plan(shutdown, targets, done).lines(), Confirmation.Verb.STOP);
    }
  }

  /** Returns what the run is about to do. Asks STS for the identities. */
  public TargetPlan plan(ShutdownOptions shutdown, Map<Target, Connected> targets, int done) {
    return new TargetPlan(this, shutdown, targets, done);
  }
}
