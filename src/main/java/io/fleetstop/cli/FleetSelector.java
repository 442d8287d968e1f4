package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** The fleet that a command line means: which instances, how many at most, and who says yes. */
final class FleetSelector {

  private final StopArguments options;
  private final Terminal terminal;
  private final Set<InstanceId> named;
  private final DescribeInstances filters;
  private final Exemptions exemptions;

  private FleetSelector(StopArguments options, Terminal terminal) {
    this.options = options;
    this.terminal = terminal;
    this.named = InstanceIds.read(options.ids, options.which.files(), terminal.in());
    this.filters = options.filters.request();
    this.exemptions = Exemptions.read(options, terminal.in());
  }

  /**
   * Reads what names the instances. Sends nothing.
   *
   * @throws CommandFailure if nothing does, or too much, or nobody answers for what will be found
   */
  static FleetSelector of(StopArguments options, Terminal terminal) {
    FleetSelector choice = new FleetSelector(options, terminal);
    choice.requireSource();
    if (choice.isFound() && choice.stopsForReal()) {
      choice.requireAnswerable();
    }
    return choice;
  }

  private void requireSource() {
    boolean isNamed = !options.ids.isEmpty() || !options.which.files().isEmpty();
    if (isFound() && isNamed) {
      throw CommandFailure.usage(
          "ids and filters exclude each other: name the instances, or have them found");
    }
    if (!isFound() && named.isEmpty() && !options.where.isSimulated()) {
      throw CommandFailure.usage(
          "no instance is named: give ids, --ids-file, filters or --simulate");
    }
  }

  private void requireAnswerable() {
    if (options.safety.yes && options.safety.maxInstances == null) {
      throw CommandFailure.usage("a fleet found by filters needs --max-instances N beside --yes");
    }
    if (!options.safety.yes) {
      Confirmation.requireSomebody(terminal, null);
    }
  }

  private boolean isFound() {
    return options.filters.isGiven();
  }

  private boolean stopsForReal() {
    return !options.where.isSimulated() && !options.how.dryRun;
  }

  // One that is named was meant; one that was found may come as a surprise.
  private boolean needsYes(int instances) {
    return stopsForReal() && !options.safety.yes && instances > (isFound() ? 0 : 1);
  }

  /**
   * Finds the instances, or looks at those that are named.
   *
   * @param notes hears what there is to say
   * @throws CommandFailure if the service does not show them, or they are too many
   */
  Selection find(EcsClient client, Journal journal, Target target, Consumer<String> notes) {
    InstanceResolver discovery = new InstanceResolver(client, exemptions, notes);
    if (isFound()) {
      Selection fleet =
          discovery.found(filters, options.filters::doubt, journal::isDone, journal.unsettled());
      if (fleet.all().isEmpty()) {
        boolean isFirst = journal.done() == 0;
        notes.accept(
            "No instance passes the filters" + (isFirst ? "" : " that the run is not done with"));
      }
      requireFewEnough(journal.done() + fleet.ids().size());
      return fleet;
    }
    // Named again or not: a run that goes on does not forget whom it may have called.
    Set<InstanceId> ids = new LinkedHashSet<>(journal.unsettled());
    ids.addAll(journal.remaining(named.isEmpty() ? target.simulatedIds() : named));
    // Which of them have the tag is not known yet; a million must not be looked at to be refused.
    requireFewEnough(journal.done() + exemptions.withoutExcluded(ids));
    if (needsYes(ids.size())) {
      Confirmation.requireSomebody(terminal, ids.size());
    }
    return discovery.named(ids);
  }

  private void requireFewEnough(long size) {
    Integer max = options.safety.maxInstances;
    if (max != null && size > max) {
      throw CommandFailure.usage(
          "the fleet has "
              + Numbers.count(size)
              + " instances, more than the "
              + Numbers.count(max)
              + " of --max-instances; nothing was stopped");
    }
  }

  /**
   * Asks whether to go on, if it has to be asked.
   *
   * @throws CommandFailure after anything but yes
   */
  void confirm(Selection fleet, ShutdownOptions shutdown, Target target) {
    if (needsYes(fleet.ids().size())) {
      Confirmation.require(terminal, fleet, shutdown, target);
    }
  }
}
