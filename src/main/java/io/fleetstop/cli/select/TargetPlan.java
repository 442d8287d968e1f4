package io.fleetstop.cli.select;

import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.TargetFleets.Connected;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a run over several targets is about to do: everything that a person must know before a yes.
 *
 * @param fleets the instances
 * @param options how they are stopped
 * @param targets where
 * @param doneBefore the number of instances that a resumed run has finished
 */
public record TargetPlan(
    TargetFleets fleets, ShutdownOptions options, Map<Target, Connected> targets, int doneBefore)
    implements RunPlan {

  /** Returns the lines: one for each target, after what they have in common. */
  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "About to stop "
            + TerminalText.instances(fleets.count())
            + " in "
            + TerminalText.count(fleets.fleets().size())
            + (fleets.fleets().size() == 1 ? " target:" : " targets:"));
    lines.add("  mode         " + mode());
    if (doneBefore > 0) {
      lines.add("  done before  " + TerminalText.count(doneBefore) + ", not called again");
    }
    int width =
        targets.keySet().stream()
            .mapToInt(target -> TerminalText.columns(target.toString()))
            .max()
            .orElse(0);
    lines.add(row(width, "TARGET", "INSTANCES", "SKIPPED", "STATUS", "ACCOUNT"));
    fleets
        .fleets()
        .forEach(
            (target, fleet) ->
                lines.add(
                    row(
                        width,
                        target.toString(),
                        TerminalText.count(fleet.ids().size()),
                        TerminalText.count(fleet.skipped().size()),
                        status(fleet),
                        account(target))));
    fleets.failureLines().forEach(line -> lines.add("  not read: " + TerminalText.escape(line)));
    return lines;
  }

  private static String row(int width, String target, Object... columns) {
    String others = String.format(Locale.ROOT, "  %9s  %7s  %-24s  %s", columns);
    return ("  " + TerminalText.padded(target, width) + TerminalText.escape(others))
        .stripTrailing();
  }

  private static String status(SelectedInstances fleet) {
    String statuses = FleetBreakdown.text(fleet.breakdown().statuses());
    return statuses.isEmpty() ? "-" : statuses;
  }

  private String account(Target target) {
    ServiceTarget service = Objects.requireNonNull(targets.get(target)).service();
    CallerIdentity identity = service.knownIdentity();
    return identity == null
        ? "not known: STS does not show the identity"
        : identity.accountId() + ", as " + identity.name();
  }

  private String mode() {
    return options.stoppedMode().wireName()
        + (options.isForceStop() ? ", force (power off)" : ", guest shutdown")
        + (options.isDryRun() ? ", dry run (stops nothing)" : "");
  }

  /**
   * Returns the same as one JSON object, with the plan of each target as of a run in it alone.
   *
   * @param waves the number of instances at the end of each wave; empty without waves
   */
  @Override
  public ObjectNode toJson(List<Long> waves) {
    ObjectNode plan = JsonNodeFactory.instance.objectNode();
    plan.put("instances", fleets.count());
    plan.put("doneBefore", doneBefore);
    ArrayNode all = plan.putArray("targets");
    fleets
        .fleets()
        .forEach(
            (target, fleet) -> {
              ServiceTarget service = Objects.requireNonNull(targets.get(target)).service();
              ObjectNode one =
                  new StopPlan(
                          fleet, options, service, service.knownIdentity(), fleet.ids().size(), 0)
                      .toJson(List.of());
              one.put("account", target.account());
              one.remove(List.of("doneBefore", "waves"));
              all.add(one);
            });
    ArrayNode unread = plan.putArray("notRead");
    fleets.failureLines().forEach(unread::add);
    waves.forEach(plan.putArray("waves")::add);
    return plan;
  }
}
