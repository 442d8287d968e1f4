package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments.Safety;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.DescribeInstances;

/**
 * Holds a fleet to the sizes that the user expects.
 *
 * @param partial whether it is the fleet of one of several targets: then the sizes are those of all
 */
record FleetSizeLimits(Safety safety, boolean partial) {

  /** The instances that are counted beyond {@code --max-instances}. */
  private static final int MAX_EXCESS = 1_000;

  /**
   * Returns the most instances that a list may have, with those that are skipped. Only a larger
   * {@code --max-instances} allows more than the default: the memory is bounded as well.
   */
  int maxListed() {
    Integer max = safety.maxInstances;
    return max == null
        ? DescribeInstances.DEFAULT_MAX_INSTANCES
        : (int)
            Math.min(
                Integer.MAX_VALUE,
                Math.max(DescribeInstances.DEFAULT_MAX_INSTANCES, (long) max + 2 * MAX_EXCESS));
  }

  // A fleet that is a little too large is counted to its end; a list without an end is not.
  void requireEnd(long size) {
    Integer max = safety.maxInstances;
    if (max != null && size > (long) max + MAX_EXCESS) {
      throw CommandFailure.usage(
          "the fleet has more than "
              + TerminalText.count(size - 1)
              + " instances, and --max-instances allows "
              + TerminalText.count(max)
              + "; nothing was stopped. Check the filters and the region, or raise --max-instances");
    }
  }

  void requireEnough(SelectedInstances fleet, FleetSelector.Completed completed) {
    Integer min = partial ? null : safety.minInstances;
    long size = (long) completed.done() + fleet.ids().size() - fleet.missing().size();
    if (min != null && size < min) {
      String left = fleet.skippedText();
      throw CommandFailure.usage(
          "the fleet has "
              + (size == 1 ? "1 instance" : TerminalText.count(size) + " instances")
              + " to stop, fewer than the "
              + TerminalText.count(min)
              + " of --min-instances"
              + (left == null ? "" : " (" + left + ")")
              + "; nothing was stopped. Check the filters, the region and the profile");
    }
  }

  void requireFewEnough(long size) {
    Integer max = partial ? null : safety.maxInstances;
    if (max != null && size > max) {
      throw CommandFailure.usage(
          "the fleet has "
              + TerminalText.count(size)
              + " instances, more than the "
              + TerminalText.count(max)
              + " of --max-instances; nothing was stopped. Check the filters or ids, or raise it");
    }
  }
}
