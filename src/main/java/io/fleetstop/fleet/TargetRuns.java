package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the runs over several targets have in common, whatever they do. Functions. */
final class TargetRuns {

  /** Creates the run of one target. */
  interface Factory {

    ShutdownRun run(Target target, Set<InstanceId> ids, Waves share);
  }

  private TargetRuns() {}

  /**
   * Returns the options of each target: equal shares of the bounds, because a target that waits for
   * its quota would occupy a common one.
   */
  static ShutdownOptions ofEach(
      ShutdownOptions options, int targets, FailureLimit maxFailuresPerTarget) {
    return options
        .mutate()
        .maxInFlight(Math.max(1, options.maxInFlight() / targets))
        .maxOpen(Math.max(1, options.maxOpen() / targets))
        .failureLimit(maxFailuresPerTarget)
        .build();
  }

  /**
   * Adds the run of each target to {@code run}.
   *
   * @param open the instances that have no final outcome yet
   */
  static MultiTargetRun composed(
      MultiTargetRun run,
      Map<Target, Set<InstanceId>> open,
      Waves waves,
      WaveOrder order,
      FailureLimit waveLimit,
      Factory runs) {
    List<Target> targets = List.copyOf(open.keySet());
    List<Long> sizes = new ArrayList<>();
    open.values().forEach(ids -> sizes.add((long) ids.size()));
    List<List<Long>> shares = TargetWaves.of(waves, order, sizes);
    if (targets.isEmpty() || shares.get(0).isEmpty()) {
      open.forEach((target, ids) -> run.add(target, runs.run(target, ids, Waves.none())));
      return run;
    }
    WaveBarrier barrier =
        run.inWaves(targets, TargetWaves.totals(shares), waves.approval(), waveLimit);
    int number = 0;
    for (Map.Entry<Target, Set<InstanceId>> each : open.entrySet()) {
      Target target = each.getKey();
      Waves share = Waves.ofShares(shares.get(number++)).approvedBy(end -> barrier.arrive(target));
      run.add(target, runs.run(target, each.getValue(), share));
    }
    return run;
  }

  /**
   * Returns the options of a run: those of its journal if it has one, or else {@code options}.
   *
   * @param defaults the options of a run that is given neither
   * @throws IllegalArgumentException if both are given, or the journal is not of these targets
   */
  static ShutdownOptions optionsOf(
      @Nullable ShutdownJournal journal,
      @Nullable ShutdownOptions options,
      Supplier<ShutdownOptions> defaults,
      Collection<Target> targets) {
    if (journal == null) {
      return options == null ? defaults.get() : options;
    }
    if (options != null) {
      throw new IllegalArgumentException(
          "options must be given to the journal alone, which was opened with them");
    }
    requireTargets(journal.state(), targets);
    return journal.options();
  }

  /**
   * Requires that a journal is of some of the targets.
   *
   * @throws IllegalArgumentException if it has instances of no target, or of another one
   */
  private static void requireTargets(JournalState state, Collection<Target> targets) {
    if (state.hasInstancesOfNoTarget()) {
      throw new IllegalArgumentException(
          "the journal is of a run in one target; resume it with a FleetShutdown or FleetStart");
    }
    for (Target target : state.targets()) {
      if (!targets.contains(target)) {
        throw new IllegalArgumentException(
            "the journal has instances of "
                + target
                + ", which has no client; the targets are "
                + targets);
      }
    }
  }
}
