package io.fleetstop.redis;

import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
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
 * @param account the account of the instances, or {@code null} if it is not known
 * @param endpoint where the service is, without user and password, or {@code null} if it is not
 *     known
 * @param protectTag the key of the tag that protects an instance in every worker, beside the tag of
 *     the worker; empty if the run was started without protection
 * @param protectValue the value of that tag, or {@code null} if every value protects
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
    String selection,
    @Nullable String account,
    @Nullable String endpoint,
    String protectTag,
    @Nullable String protectValue) {

  /** More than any run has, and few enough for sums of them. */
  static final long MAX_COUNT = 1_000_000_000;

  /** The fields of the head. */
  static final List<String> NAMES =
      List.of(
          "scope",
          "account",
          "endpoint",
          "force",
          "mode",
          "dryRun",
          "await",
          "limit",
          "selection",
          "protect",
          "protectValue",
          "waves",
          "wavePause",
          "waveSizes",
          "beyondWaves");

  private static final String PERCENT = "%";
  private static final Pattern SIZES = Pattern.compile("[0-9.,%E-]{0,1000}");

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
        selection,
        null,
        null,
        options.protectTag(),
        null);
  }

  /**
   * Returns the same parameters with the place of the instances. A process with another one cannot
   * join the run; what one of the two does not know is not compared.
   *
   * @param account the account, or {@code null} if it is not known
   * @param endpoint where the service is, without user and password, or {@code null}
   */
  public SharedRunParameters at(@Nullable String account, @Nullable String endpoint) {
    return with(waveSizes, beyondWaves, account, endpoint, protectTag, protectValue);
  }

  /**
   * Returns the same parameters with another tag that protects.
   *
   * @param key the key, or an empty text if no tag protects
   * @param value the value, or {@code null} if every value does
   */
  public SharedRunParameters protectedBy(String key, @Nullable String value) {
    return with(waveSizes, beyondWaves, account, endpoint, key, value);
  }

  /**
   * Returns the same parameters of a run that leaves instances out.
   *
   * @param sizes the sizes of the waves as they were written
   * @param beyond the number of instances beyond the last one
   */
  public SharedRunParameters cutBy(String sizes, long beyond) {
    return with(sizes, beyond, account, endpoint, protectTag, protectValue);
  }

  private SharedRunParameters with(
      String sizes,
      long beyond,
      @Nullable String account,
      @Nullable String endpoint,
      String protectTag,
      @Nullable String protectValue) {
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
        selection,
        account,
        endpoint,
        protectTag,
        protectValue);
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

  /**
   * Returns options that also protect what the run protects. The tag of the options stays: a run
   * adds protection and takes none, so that no text in Redis makes a worker stop what it protects.
   */
  ShutdownOptions protecting(ShutdownOptions options) {
    if (protectTag.isEmpty()
        || (protectValue == null && protectTag.equalsIgnoreCase(options.protectTag()))) {
      return options;
    }
    return protectValue == null && options.protectTag().isEmpty()
        ? options.mutate().protectTag(protectTag).build()
        : options
            .mutate()
            .exclude(instance -> instance.isProtectedBy(protectTag, protectValue))
            .build();
  }

  /** Returns the first parameter that differs, with both values, or {@code null}. */
  public @Nullable String difference(SharedRunParameters other) {
    String place = placeDifference("account", account, other.account);
    place = place != null ? place : placeDifference("endpoint", endpoint, other.endpoint);
    if (place != null) {
      return place;
    }
    String[] names = {
      "scope",
      "force",
      "stopped mode",
      "dry run",
      "waiting for STOPPED",
      "failure limit",
      "protect tag",
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

  private static @Nullable String placeDifference(
      String name, @Nullable String ours, @Nullable String theirs) {
    return ours == null || theirs == null || ours.equals(theirs)
        ? null
        : name + " " + ours + ", this command has " + theirs;
  }

  private @Nullable Object[] values() {
    return new @Nullable Object[] {
      scope,
      forceStop,
      stoppedMode.wireName(),
      dryRun,
      awaitStopped,
      failureLimit,
      protection(),
      selection
    };
  }

  private String protection() {
    if (protectTag.isEmpty()) {
      return "none";
    }
    return protectValue == null ? protectTag : protectTag + "=" + protectValue;
  }

  /** Returns the fields of the head, names and values in pairs. */
  List<String> toFields() {
    List<String> fields = new ArrayList<>();
    if (scope != null) {
      fields.addAll(List.of("scope", scope));
    }
    if (account != null) {
      fields.addAll(List.of("account", account));
    }
    if (endpoint != null) {
      fields.addAll(List.of("endpoint", endpoint));
    }
    fields.addAll(List.of("force", String.valueOf(forceStop), "mode", stoppedMode.wireName()));
    fields.addAll(List.of("dryRun", String.valueOf(dryRun), "await", String.valueOf(awaitStopped)));
    fields.addAll(List.of("limit", failureLimit.toString(), "selection", selection));
    fields.addAll(List.of("protect", protectTag));
    if (protectValue != null) {
      fields.addAll(List.of("protectValue", protectValue));
    }
    fields.addAll(waveFields());
    return fields;
  }

  /** Returns the fields of the head, by their names. */
  Map<String, String> fieldsByName() {
    List<String> fields = toFields();
    Map<String, String> byName = new HashMap<>();
    for (int i = 0; i < fields.size(); i += 2) {
      byName.put(fields.get(i), fields.get(i + 1));
    }
    return byName;
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

  /** Throws an IllegalArgumentException if they are not those that a process has written. */
  static SharedRunParameters ofFields(Map<String, String> fields) {
    return new SharedRunParameters(
        fields.get("scope"),
        flag(fields, "force"),
        mode(fields.get("mode")),
        flag(fields, "dryRun"),
        flag(fields, "await"),
        limit(fields.getOrDefault("limit", "20%")),
        waves(fields.getOrDefault("waves", "")),
        Duration.ofMillis(number(fields, "wavePause", Long.MAX_VALUE)),
        sizes(fields.getOrDefault("waveSizes", "")),
        number(fields, "beyondWaves", MAX_COUNT),
        fields.getOrDefault("selection", ""),
        fields.get("account"),
        fields.get("endpoint"),
        protectKey(fields.getOrDefault("protect", ShutdownOptions.PROTECT_TAG)),
        fields.get("protectValue"));
  }

  /** Returns a number of the head, or 0 if it has none: anything may be in a key. */
  static long number(Map<String, String> fields, String name, long max) {
    long number = Long.parseLong(fields.getOrDefault(name, "0"));
    if (number < 0 || number > max) {
      throw new IllegalArgumentException(name + " must be 0 to " + max);
    }
    return number;
  }

  private static boolean flag(Map<String, String> fields, String name) {
    String text = fields.getOrDefault(name, "");
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException(name + " must be true or false");
    }
    return text.equals("true");
  }

  private static String protectKey(String key) {
    return ShutdownOptions.builder().protectTag(key).build().protectTag();
  }

  private static StoppedMode mode(@Nullable String text) {
    for (StoppedMode mode : StoppedMode.values()) {
      if (mode.wireName().equals(text)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("mode must be a stopped mode");
  }

  private static List<Long> waves(String text) {
    List<Long> ends = new ArrayList<>();
    long last = 0;
    for (String end : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      long next = Long.parseLong(end);
      if (next < last) {
        throw new IllegalArgumentException("waves must ascend");
      }
      ends.add(next);
      last = next;
    }
    return ends;
  }

  private static String sizes(String text) {
    if (!SIZES.matcher(text).matches()) {
      throw new IllegalArgumentException("waveSizes must be numbers");
    }
    return text;
  }

  private static FailureLimit limit(String text) {
    return text.endsWith(PERCENT)
        ? FailureLimit.percent(Double.parseDouble(text.substring(0, text.length() - 1)))
        : FailureLimit.count(Long.parseLong(text));
  }
}
