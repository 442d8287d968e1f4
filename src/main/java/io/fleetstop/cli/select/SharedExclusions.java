package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;

/**
 * What this machine does not stop in a shared run, whichever machine has selected the instances: a
 * never-stop list is of one machine, and the instances in Redis may be anybody's.
 */
public final class SharedExclusions {

  private SharedExclusions() {}

  /**
   * Returns options that skip the excluded instances and those with the protect tag: an id that was
   * written into Redis is one that no person has confirmed. Each instance is described before it is
   * called then.
   *
   * @param selector what this machine selects, or {@code null} if it joins a run as it is
   * @throws CommandFailure if the exclusions cannot be read, or cannot be applied without a
   *     selection
   */
  public static ShutdownOptions apply(
      ShutdownOptions shutdown,
      StopArguments options,
      @Nullable FleetSelector selector,
      Terminal terminal) {
    if (selector == null && options.exempt.onlyRunning) {
      throw CommandFailure.usage(
          "--only-running is of the machine that selects the instances; leave it out where a run is"
              + " joined");
    }
    Exclusions read = selector == null ? Exclusions.read(options, terminal) : selector.exemptions;
    TagMatch tag = read.protectTag();
    ShutdownOptions.Builder careful = shutdown.mutate();
    if (tag != null) {
      protect(careful, tag);
    }
    if (read.hasIds() || (tag != null && tag.value() != null)) {
      careful.exclude(
          instance -> read.reason(InstanceId.of(instance.instanceId()), instance) != null);
    }
    return careful.build();
  }

  private static void protect(ShutdownOptions.Builder careful, TagMatch tag) {
    try {
      // The rules for keys are those of the library, also if it does not compare the value.
      careful.protectTag(tag.key());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--protect-tag: " + e.getMessage());
    }
    if (tag.value() != null) {
      careful.protectTag("");
    }
  }

  /**
   * Requires that a run is as small as the command line expects.
   *
   * @param total the number of its instances
   * @throws CommandFailure if it is not
   */
  public static void requireFewEnough(StopArguments options, long total) {
    Integer max = options.safety.maxInstances;
    if (max != null && total > max) {
      throw CommandFailure.usage(
          "the run has "
              + TerminalText.instances(total)
              + ", more than the "
              + TerminalText.count(max)
              + " of --max-instances; nothing was stopped by this machine. Check the --run-id, or"
              + " raise it");
    }
  }
}
