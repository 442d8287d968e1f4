package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a start run over several targets is about to do.
 *
 * @param stopRunId the run that stopped the instances
 * @param plans the plan of each target that could be read
 * @param failures why the others could not
 */
public record TargetStartPlan(
    String stopRunId, Map<Target, StartPlan> plans, Map<Target, CommandFailure> failures)
    implements RunPlan {

  /** Returns the instances to start in each target. */
  public Map<Target, Set<InstanceId>> ids() {
    Map<Target, Set<InstanceId>> ids = new LinkedHashMap<>();
    plans.forEach((target, plan) -> ids.put(target, plan.ids()));
    return ids;
  }

  /** Returns the number of instances to start. */
  public int count() {
    return plans.values().stream().mapToInt(plan -> plan.ids().size()).sum();
  }

  /** Returns a line for each target that could not be read. */
  public List<String> failureLines() {
    List<String> lines = new ArrayList<>();
    failures.forEach((target, failure) -> lines.add(target + ": " + failure.getMessage()));
    return lines;
  }

  /** Returns the lines: one for each target, after what they have in common. */
  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "About to start "
            + TerminalText.instances(count())
            + " in "
            + TerminalText.count(plans.size())
            + (plans.size() == 1 ? " target:" : " targets:"));
    lines.add("  stopped by   run " + TerminalText.escape(stopRunId));
    plans.values().stream().limit(1).forEach(plan -> lines.add("  mode         " + plan.mode()));
    int done = plans.values().stream().mapToInt(StartPlan::doneBefore).sum();
    if (done > 0) {
      lines.add("  done before  " + TerminalText.count(done) + ", not called again");
    }
    int width =
        plans.keySet().stream()
            .mapToInt(target -> TerminalText.columns(target.toString()))
            .max()
            .orElse(0);
    lines.add(row(width, "TARGET", "INSTANCES", "NOT STARTED", "ACCOUNT"));
    plans.forEach(
        (target, plan) ->
            lines.add(
                row(
                    width,
                    target.toString(),
                    TerminalText.count(plan.ids().size()),
                    plan.notStarted(),
                    plan.account())));
    failureLines().forEach(line -> lines.add("  not read: " + TerminalText.escape(line)));
    return lines;
  }

  private static String row(int width, String target, Object... columns) {
    String others = String.format(Locale.ROOT, "  %9s  %-34s  %s", columns);
    return ("  " + TerminalText.padded(target, width) + TerminalText.escape(others))
        .stripTrailing();
  }

  /**
   * Asks for confirmation.
   *
   * @throws CommandFailure on any answer but yes, or without a terminal
   */
  public void confirm(Terminal terminal) {
    Confirmation.requireInteractive(terminal, count(), Confirmation.Verb.START);
    Confirmation.require(terminal, count(), lines(), Confirmation.Verb.START);
  }

  /**
   * Returns the same as one JSON object, with the plan of each target as of a run in it alone.
   *
   * @param waves the number of instances at the end of each wave; empty without waves
   */
  @Override
  public ObjectNode toJson(List<Long> waves) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("instances", count());
    json.put("stopRunId", stopRunId);
    ArrayNode all = json.putArray("targets");
    plans.forEach(
        (target, plan) -> {
          ObjectNode one = plan.toJson(List.of());
          one.put("account", target.account());
          one.remove(List.of("stopRunId", "waves"));
          all.add(one);
        });
    ArrayNode unread = json.putArray("notRead");
    failureLines().forEach(unread::add);
    waves.forEach(json.putArray("waves")::add);
    return json;
  }
}
