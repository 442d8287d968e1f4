package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.InstanceId;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The instances that only a resumed journal names. A journal is a file, and its writer may have
 * added instances. The operator decides whether they are stopped: by the answer to the question or,
 * with {@code --yes}, by their number. Those that the run has stopped since pass no filter by
 * status: they need no number, so that a run is resumed by its own command line.
 *
 * @param ids the instances that the command line neither names nor finds, without the excluded ones
 * @param stoppable those that a stop call could stop, as far as that was asked
 */
record JournalOnlyInstances(List<InstanceId> ids, List<InstanceId> stoppable) {

  static final JournalOnlyInstances NONE = new JournalOnlyInstances(List.of(), List.of());

  /**
   * Returns the instances of a journal that are not selected.
   *
   * @param unstopped returns those that a stop call could stop; called if {@code --yes} needs it
   */
  static JournalOnlyInstances of(
      Collection<InstanceId> unsettled,
      Set<InstanceId> selected,
      Exclusions exclusions,
      StopArguments.Safety safety,
      UnaryOperator<List<InstanceId>> unstopped) {
    List<InstanceId> ids =
        unsettled.stream()
            .filter(id -> !selected.contains(id) && !exclusions.isExcluded(id))
            .toList();
    boolean asked = safety.yes && safety.journalOnly == null && !ids.isEmpty();
    return new JournalOnlyInstances(ids, asked ? unstopped.apply(ids) : ids);
  }

  /** Returns those of all targets. */
  static JournalOnlyInstances all(Collection<JournalOnlyInstances> targets) {
    return new JournalOnlyInstances(
        targets.stream().flatMap(each -> each.ids.stream()).toList(),
        targets.stream().flatMap(each -> each.stoppable.stream()).toList());
  }

  /**
   * Requires the number of the instances, if one is given or no question is asked.
   *
   * @throws CommandFailure if there is another number of instances
   */
  void requireNumber(StopArguments.Safety safety, boolean stopsForReal) {
    Integer given = safety.journalOnly;
    boolean missing = given == null && safety.yes && stopsForReal && !stoppable.isEmpty();
    if (!missing && (given == null || given == ids.size())) {
      return;
    }
    throw CommandFailure.usage(
        (given == null ? "" : "--journal-only is " + given + ", which is not their number: ")
            + (ids.isEmpty() ? "the journal adds no instance" : "the " + listing())
            + "; nothing was stopped. "
            + (ids.isEmpty()
                ? "Leave out --journal-only, or add --journal-only 0"
                : "If all of them are to be stopped, add --journal-only " + ids.size()));
  }

  /** Returns a line that lists the instances, or {@code null} if there are none. */
  @Nullable String note() {
    return ids.isEmpty() ? null : "The " + listing();
  }

  private String listing() {
    return "journal adds "
        + TerminalText.instances(ids.size())
        + " that the command line does not select: "
        + FleetSelector.listed(ids);
  }
}
