package io.fleetstop.redis;

import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What all workers of a shared run have in common.
 *
 * @param scope the scope of the ids, for example the region, or {@code null}
 * @param forceStop whether instances are powered off
 * @param stoppedMode the billing mode of the stopped instances
 * @param dryRun whether the service only validates the requests
 * @param awaitStopped whether an outcome waits until the instance is stopped
 * @param failureLimit the limit of failures of the whole run
 * @param waves the cumulative numbers of instances at which waves end; empty without waves
 * @param wavePause the time between two waves
 * @param waveSizes the sizes of the waves as they were written, or empty
 * @param beyondWaves the number of selected instances beyond the last wave, which the run leaves
 *     out
 * @param selection a text that must be the same for every process that names instances, for example
 *     a digest of them
 */
public record SharedRunParameters(
    @Nullable String scope,
    boolean forceStop,
    StoppedMode stoppedMode,
    boolean dryRun,
    boolean awaitStopped,
    FailureLimit failureLimit,
    List<Long> waves,
    Duration wavePause,
    String waveSizes,
    long beyondWaves,
    String selection) {

  private static final String PERCENT = "%";

  public SharedRunParameters {
    waves = List.copyOf(waves);
  }

  /**
   * Returns the parameters of options.
   *
   * @throws IllegalArgumentException if the size of a wave is in per cent: see {@link
   *     Waves#ofFleet}
   */
  public static SharedRunParameters of(
      ShutdownOptions options, Waves waves, Duration wavePause, String selection) {
    return new SharedRunParameters(
        options.scope(),
        options.isForceStop(),
        options.stoppedMode(),
        options.isDryRun(),
        options.isAwaitingStopped(),
        options.failureLimit(),
        waves.ends(),
        wavePause,
        "",
        0,
        selection);
  }

  /**
   * Returns the same parameters of a run that leaves instances out.
   *
   * @param sizes the sizes of the waves as they were written
   * @param beyond the number of instances beyond the last one
   */
  public SharedRunParameters cutBy(String sizes, long beyond) {
    return new SharedRunParameters(
        scope,
        forceStop,
        stoppedMode,
        dryRun,
        awaitStopped,
        failureLimit,
        waves,
        wavePause,
        sizes,
        beyond,
        selection);
  }

  /** Returns options with these parameters; failures are counted over all workers. */
  ShutdownOptions appliedTo(ShutdownOptions options, String runId) {
    ShutdownOptions.Builder applied =
        options
            .mutate()
            .runId(runId)
            .forceStop(forceStop)
            .stoppedMode(stoppedMode)
            .dryRun(dryRun)
            .awaitStopped(awaitStopped)
            .failureLimit(FailureLimit.none());
    return scope == null ? applied.build() : applied.scope(scope).build();
  }

  /** Returns the first parameter that differs, with both values, or {@code null}. */
  public @Nullable String difference(SharedRunParameters other) {
    String[] names = {
      "scope",
      "force",
      "stopped mode",
      "dry run",
      "waiting for STOPPED",
      "failure limit",
      "instances"
    };
    Object[] ours = values();
    Object[] theirs = other.values();
    for (int i = 0; i < names.length; i++) {
      if (!Objects.equals(ours[i], theirs[i])) {
        return i == names.length - 1
            ? "other instances"
            : names[i] + " " + ours[i] + ", this command has " + theirs[i];
      }
    }
    return null;
  }

  private @Nullable Object[] values() {
    return new @Nullable Object[] {
      scope, forceStop, stoppedMode.wireName(), dryRun, awaitStopped, failureLimit, selection
    };
  }

  /** Returns the fields of the head, names and values in pairs. */
  List<String> toFields() {
    List<String> fields = new ArrayList<>();
    if (scope != null) {
      fields.addAll(List.of("scope", scope));
    }
    fields.addAll(List.of("force", String.valueOf(forceStop), "mode", stoppedMode.wireName()));
    fields.addAll(List.of("dryRun", String.valueOf(dryRun), "await", String.valueOf(awaitStopped)));
    fields.addAll(List.of("limit", failureLimit.toString(), "selection", selection));
    fields.addAll(waveFields());
    return fields;
  }

  /** Returns the four fields that depend on the list of ids, in pairs. */
  List<String> waveFields() {
    String ends = waves.stream().map(String::valueOf).collect(Collectors.joining(","));
    return List.of(
        "wavePause",
        Long.toString(wavePause.toMillis()),
        "waveSizes",
        waveSizes,
        "beyondWaves",
        Long.toString(beyondWaves),
        "waves",
        ends);
  }

  static SharedRunParameters ofFields(Map<String, String> fields) {
    String waves = fields.getOrDefault("waves", "");
    String mode = fields.get("mode");
    return new SharedRunParameters(
        fields.get("scope"),
        Boolean.parseBoolean(fields.get("force")),
        StoppedMode.KEEP_CHARGING.wireName().equals(mode)
            ? StoppedMode.KEEP_CHARGING
            : StoppedMode.STOP_CHARGING,
        Boolean.parseBoolean(fields.get("dryRun")),
        Boolean.parseBoolean(fields.get("await")),
        limit(fields.getOrDefault("limit", "20%")),
        waves.isEmpty()
            ? List.of()
            : List.of(waves.split(",", -1)).stream().map(Long::valueOf).toList(),
        Duration.ofMillis(Long.parseLong(fields.getOrDefault("wavePause", "0"))),
        fields.getOrDefault("waveSizes", ""),
        Long.parseLong(fields.getOrDefault("beyondWaves", "0")),
        fields.getOrDefault("selection", ""));
  }

  private static FailureLimit limit(String text) {
    return text.endsWith(PERCENT)
        ? FailureLimit.percent(Double.parseDouble(text.substring(0, text.length() - 1)))
        : FailureLimit.count(Long.parseLong(text));
  }
}
