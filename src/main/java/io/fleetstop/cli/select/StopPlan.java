package io.fleetstop.cli.select;

import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.TargetSettings.Setting;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a run is about to do: everything that a person must know before a yes.
 *
 * @param fleet the instances
 * @param options how they are stopped
 * @param target where
 * @param identity who stops them, or {@code null} if STS does not show it
 * @param reached the number of instances up to the end of the last wave
 * @param doneBefore the number of instances that a resumed run has finished
 */
public record StopPlan(
    SelectedInstances fleet,
    ShutdownOptions options,
    ServiceTarget target,
    @Nullable CallerIdentity identity,
    int reached,
    int doneBefore)
    implements RunPlan {

  /** Returns the lines. */
  @Override
  public List<String> lines() {
    FleetBreakdown groups = fleet.breakdown();
    List<String> lines = new ArrayList<>();
    int all = fleet.ids().size();
    lines.add(
        "About to stop "
            + (reached < all ? TerminalText.count(reached) + " of " : "")
            + TerminalText.instances(all)
            + " in "
            + region()
            + ":");
    row(lines, "account", account());
    row(lines, "credentials", target.credentialsSource());
    if (!isDefault(target.settings().endpoint())) {
      Setting endpoint = target.settings().endpoint();
      row(lines, "endpoint", endpoint.value() + " (" + endpoint.origin() + ")");
    }
    row(lines, "mode", String.join(", ", mode()));
    row(lines, "status", FleetBreakdown.text(groups.statuses()));
    row(lines, "zone", FleetBreakdown.text(groups.zones()));
    row(lines, "project", FleetBreakdown.text(groups.projects()));
    row(lines, "instances", fleet.names());
    row(lines, "not stopped", notStopped());
    row(lines, "never stop", FleetSelector.listed(fleet.neverStopped()));
    if (doneBefore > 0) {
      row(lines, "done before", TerminalText.count(doneBefore) + ", not called again");
    }
    return lines;
  }

  private static void row(List<String> lines, String name, String value) {
    if (!value.isEmpty()) {
      lines.add(String.format(Locale.ROOT, "  %-13s%s", name, TerminalText.escape(value)));
    }
  }

  private String region() {
    return TerminalText.escape(target.region());
  }

  private String account() {
    return identity == null
        ? "not known: STS does not show the identity"
        : identity.accountId() + ", as " + identity.name();
  }

  private static boolean isDefault(Setting setting) {
    return setting.origin().equals(TargetSettings.DEFAULT);
  }

  private List<String> mode() {
    List<String> mode = new ArrayList<>();
    mode.add(options.stoppedMode().wireName());
    mode.add(options.isForceStop() ? "force (power off)" : "guest shutdown");
    if (options.isDryRun()) {
      mode.add("dry run (stops nothing)");
    }
    if (target.isSimulated()) {
      mode.add("simulated");
    }
    return mode;
  }

  private String notStopped() {
    List<String> parts = new ArrayList<>();
    parts.add(TerminalText.count(fleet.protectedCount()) + " protected" + protection());
    String excluded = fleet.exclusionText();
    parts.add(excluded.isEmpty() ? "0 excluded" : excluded);
    parts.add(TerminalText.count(missing()) + " missing");
    parts.add(TerminalText.count(alreadyStopped()) + " already stopped");
    return String.join(", ", parts);
  }

  private String protection() {
    String tag = fleet.protectTag();
    return tag == null ? " (no protect tag in use)" : " (tag " + tag + ")";
  }

  private long missing() {
    return fleet.breakdown().statuses().getOrDefault(FleetBreakdown.MISSING, 0L);
  }

  private long alreadyStopped() {
    return fleet.breakdown().statuses().getOrDefault(Instance.State.STOPPED.name(), 0L);
  }

  /**
   * Returns the same as one JSON object.
   *
   * @param waves the number of instances at the end of each wave; empty without waves
   */
  @Override
  public ObjectNode toJson(List<Long> waves) {
    ObjectNode plan = JsonNodeFactory.instance.objectNode();
    plan.put("instances", fleet.ids().size());
    plan.put("region", target.region());
    plan.put("accountId", identity == null ? null : identity.accountId());
    plan.put("identity", identity == null ? null : identity.name());
    plan.put("credentials", target.credentialsSource());
    plan.put("endpoint", target.settings().endpoint().value());
    plan.put("endpointOrigin", target.settings().endpoint().origin());
    plan.put("stoppedMode", options.stoppedMode().wireName());
    plan.put("force", options.isForceStop());
    plan.put("dryRun", options.isDryRun());
    plan.put("simulated", target.isSimulated());
    counts(plan.putObject("statuses"), fleet.breakdown().statuses());
    counts(plan.putObject("zones"), fleet.breakdown().zones());
    counts(plan.putObject("projects"), fleet.breakdown().projects());
    fleet.firstIds().forEach(plan.putArray("firstInstances")::add);
    plan.put("protected", fleet.protectedCount());
    plan.put("excluded", fleet.excludedCount());
    ArrayNode neverStop = plan.putArray("neverStop");
    fleet.neverStopped().forEach(id -> neverStop.add(id.value()));
    plan.put("missing", missing());
    plan.put("alreadyStopped", alreadyStopped());
    plan.put("doneBefore", doneBefore);
    waves.forEach(plan.putArray("waves")::add);
    return plan;
  }

  private static void counts(ObjectNode object, Map<String, Long> counts) {
    counts.forEach(object::put);
  }
}
