package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a start run is about to do: everything that a person must know before a yes.
 *
 * @param stopRun the run that stopped the instances
 * @param ids the instances to start, in order
 * @param others the outcomes of those that the run stopped and that are not started
 * @param dryRun whether the service only validates the requests
 * @param doneBefore the number of instances that a resumed run has finished
 */
public record StartPlan(
    JournaledRun stopRun,
    Set<InstanceId> ids,
    List<ShutdownOutcome> others,
    ServiceTarget target,
    boolean dryRun,
    int doneBefore)
    implements RunPlan {

  /**
   * Describes the instances of the stop run.
   *
   * @param fleet starts them
   * @param completed what an earlier process of the start run has finished
   * @throws CommandFailure if the service does not accept the credentials
   */
  public static StartPlan of(
      JournaledRun stopRun,
      FleetStart fleet,
      ServiceTarget target,
      ShutdownOptions options,
      FleetSelector.Completed completed) {
    Set<InstanceId> ids = new LinkedHashSet<>(fleet.candidates(stopRun));
    ids.removeIf(completed::isDone);
    List<ShutdownOutcome> others =
        Objects.requireNonNull(
            fleet
                .preview(stopRun)
                .filter(outcome -> ids.contains(outcome.instanceId()))
                .filter(outcome -> !completed.unsettled().contains(outcome.instanceId()))
                .collectList()
                .block());
    others.forEach(outcome -> requireAllowed(outcome.error()));
    others.forEach(outcome -> ids.remove(outcome.instanceId()));
    return new StartPlan(stopRun, ids, others, target, options.isDryRun(), completed.done());
  }

  /**
   * Requires that some of the instances could be described, if there are any.
   *
   * @throws CommandFailure if the target cannot be read
   */
  public void requireReadable() {
    EcsException error = others.isEmpty() ? null : others.get(0).error();
    boolean none = ids.isEmpty() && others.stream().allMatch(outcome -> outcome.error() != null);
    if (none && error != null && error.category() != Category.NOT_FOUND) {
      throw CommandFailure.unanswered(
          "the instances of the journal cannot be described", error, "nothing was started");
    }
  }

  private static void requireAllowed(@Nullable EcsException error) {
    if (error != null && error.category() == Category.AUTH) {
      throw CommandFailure.unanswered(
          "the instances of the journal cannot be described", error, "nothing was started");
    }
  }

  /** Returns the lines. */
  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "About to start "
            + TerminalText.instances(ids.size())
            + " in "
            + TerminalText.escape(target.region())
            + ":");
    row(lines, "stopped by", "run " + stopRun.runId() + stoppedAt());
    row(lines, "account", account());
    row(lines, "credentials", target.credentialsSource());
    if (!target.settings().endpoint().origin().equals(TargetSettings.DEFAULT)) {
      TargetSettings.Setting endpoint = target.settings().endpoint();
      row(lines, "endpoint", endpoint.value() + " (" + endpoint.origin() + ")");
    }
    row(lines, "mode", mode());
    row(lines, "instances", FleetSelector.listed(ids));
    row(lines, "not started", notStarted());
    row(lines, "changed since", FleetSelector.listed(of(Kind.SKIPPED)));
    if (doneBefore > 0) {
      row(lines, "done before", TerminalText.count(doneBefore) + ", not called again");
    }
    return lines;
  }

  private static void row(List<String> lines, String name, String value) {
    if (!value.isEmpty()) {
      lines.add(String.format(Locale.ROOT, "  %-14s%s", name, TerminalText.escape(value)));
    }
  }

  private String stoppedAt() {
    Instant last = stopRun.lastEntry();
    return last == null ? "" : ", last entry " + last.truncatedTo(ChronoUnit.SECONDS);
  }

  String account() {
    CallerIdentity identity = target.knownIdentity();
    return identity == null
        ? "not known: STS does not show the identity"
        : identity.accountId() + ", as " + identity.name();
  }

  String mode() {
    String mode =
        stopRun.stoppedMode().equals(StoppedMode.STOP_CHARGING.wireName())
            ? "stopped with StopCharging: the service may lack capacity"
            : "stopped with " + stopRun.stoppedMode();
    return dryRun ? mode + ", dry run (starts nothing)" : mode;
  }

  String notStarted() {
    int failed = of(Kind.FAILED).size() + of(Kind.UNCONFIRMED).size();
    return TerminalText.count(of(Kind.ALREADY_RUNNING).size())
        + " already running, "
        + TerminalText.count(of(Kind.SKIPPED).size())
        + " changed since"
        + (failed == 0 ? "" : ", " + TerminalText.count(failed) + " cannot be described");
  }

  private List<InstanceId> of(Kind kind) {
    return others.stream()
        .filter(outcome -> outcome.kind() == kind)
        .map(ShutdownOutcome::instanceId)
        .toList();
  }

  /**
   * Asks for confirmation.
   *
   * @throws CommandFailure on any answer but yes, or without a terminal
   */
  public void confirm(Terminal terminal) {
    Confirmation.requireInteractive(terminal, ids.size(), Confirmation.Verb.START);
    Confirmation.require(terminal, ids.size(), lines(), Confirmation.Verb.START);
  }

  /**
   * Returns the same as one JSON object.
   *
   * @param waves the number of instances at the end of each wave; empty without waves
   */
  @Override
  public ObjectNode toJson(List<Long> waves) {
    CallerIdentity identity = target.knownIdentity();
    ObjectNode plan = JsonNodeFactory.instance.objectNode();
    plan.put("instances", ids.size());
    plan.put("stopRunId", stopRun.runId());
    plan.put("stoppedMode", stopRun.stoppedMode());
    plan.put("region", target.region());
    plan.put("accountId", identity == null ? null : identity.accountId());
    plan.put("identity", identity == null ? null : identity.name());
    plan.put("credentials", target.credentialsSource());
    plan.put("endpoint", target.settings().endpoint().value());
    plan.put("dryRun", dryRun);
    plan.put("alreadyRunning", of(Kind.ALREADY_RUNNING).size());
    ArrayNode changed = plan.putArray("changed");
    of(Kind.SKIPPED).forEach(id -> changed.add(id.value()));
    plan.put("doneBefore", doneBefore);
    waves.forEach(plan.putArray("waves")::add);
    return plan;
  }
}
