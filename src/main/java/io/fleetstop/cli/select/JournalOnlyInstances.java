package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.InstanceId;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The instances that only a resumed journal names. A journal is a file, and its writer may have
 * added instances. The operator decides whether they are stopped: by the answer to the question or,
 * with {@code --yes}, by their number.
 *
 * @param ids the instances that the command line neither names nor finds, without the excluded ones
 */
record JournalOnlyInstances(List<InstanceId> ids) {

  static final JournalOnlyInstances NONE = new JournalOnlyInstances(List.of());

  /** Returns the instances of a journal that are not selected. */
  static JournalOnlyInstances of(
      Collection<InstanceId> unsettled, Set<InstanceId> selected, Exclusions exclusions) {
    return new JournalOnlyInstances(
        unsettled.stream()
            .filter(id -> !selected.contains(id) && !exclusions.isExcluded(id))
            .toList());
  }

  /**
   * Requires the number of the instances, if one is given or no question is asked.
   *
   * @throws CommandFailure if there is another number of instances
   */
  void requireNumber(StopArguments.Safety safety, boolean stopsForReal) {
    Integer given = safety.journalOnly;
    boolean missing = given == null && safety.yes && stopsForReal && !ids.isEmpty();
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
