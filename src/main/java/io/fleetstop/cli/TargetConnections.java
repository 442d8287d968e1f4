package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.RetryArguments;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.ClientSettings;
import io.fleetstop.cli.run.NotifyCommand;
import io.fleetstop.cli.run.RunHandle;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.run.RunReport;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.TargetCounts;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.cli.select.TargetFleets.Connected;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The connections of a run to its targets, each with limits of its own. */
final class TargetConnections implements AutoCloseable {

  private final Map<Target, Connected> connected = new LinkedHashMap<>();
  private final Map<Target, RunLimits> limits = new LinkedHashMap<>();

  /**
   * Connects to a target.
   *
   * @param ofTarget its limits: the service counts the calls of each account and region
   * @throws io.fleetstop.cli.options.CommandFailure if it has no credentials or settings
   */
  void connect(
      Target target,
      WhereArguments where,
      RunLimits ofTarget,
      RetryArguments retries,
      RequestStats calls,
      Terminal terminal) {
    ServiceTarget service = ServiceTarget.find(where, terminal);
    service.requestIdentity();
    EcsClient client =
        service.connect(
            ClientSettings.builder(retries, ofTarget).account(target.account()).listener(calls));
    limits.put(target, ofTarget);
    connected.put(target, new Connected(service, client));
  }

  /** Returns the targets that are connected. */
  Map<Target, Connected> all() {
    return connected;
  }

  /** Returns the clients of some targets. */
  Map<Target, EcsClient> clients(Collection<Target> targets) {
    Map<Target, EcsClient> clients = new LinkedHashMap<>();
    targets.forEach(
        target -> clients.put(target, Objects.requireNonNull(connected.get(target)).client()));
    return clients;
  }

  /** Returns the width of the longest id, which has its target before it. */
  static int idWidth(Map<Target, Set<InstanceId>> ids) {
    int width = 0;
    for (Map.Entry<Target, Set<InstanceId>> each : ids.entrySet()) {
      int target = TerminalText.columns(each.getKey().toString()) + 1;
      for (InstanceId id : each.getValue()) {
        width = Math.max(width, target + id.value().length());
      }
    }
    return width;
  }

  void changeRate(double rate) {
    limits.values().forEach(each -> each.changeRate(rate));
  }

  /** Describes the pace of all targets. */
  Progress.Pace pace(TargetCounts counts, RequestStats calls, RunHandle handle) {
    Progress.Pace any = limits.values().iterator().next().pace(calls, handle);
    return new Progress.Pace() {
      @Override
      public String text() {
        return counts.progress();
      }

      @Override
      public long waiting() {
        return any.waiting();
      }

      @Override
      public boolean starts() {
        return any.starts();
      }

      @Override
      public boolean silent() {
        return any.silent();
      }
    };
  }

  /** Reports and notifies that a run did not start, because its targets cannot be read. */
  static void reportUnbegun(
      CommandFailure failure,
      Collection<Target> targets,
      Summary nothing,
      RunReport report,
      NotifyCommand notify) {
    String where = targets.stream().map(Target::toString).collect(Collectors.joining(", "));
    report.concludeUnbegun(failure, nothing, where);
    notify.run(
        failure.exitCode(),
        new OutcomeCounts(0),
        nothing.resumeHint(),
        where,
        failure.getMessage(),
        report.written());
  }

  @Override
  public void close() {
    connected.values().forEach(target -> target.service().close());
  }
}
