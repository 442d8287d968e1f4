package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.Progress.Pace;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.redis.SharedRun;
import io.fleetstop.redis.SharedRunParameters;
import io.fleetstop.redis.SharedRunStatus;
import java.net.URI;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The words for a shared run. */
public final class SharedRunText {

  private static final String DEFAULT_ENDPOINT = "default";

  private SharedRunText() {}

  /** Returns the endpoint of a target for the parameters of a run. */
  public static String endpoint(ServiceTarget target) {
    URI given = target.settings().givenEndpoint();
    return given == null ? DEFAULT_ENDPOINT : TerminalText.withoutUserInfo(given.toString());
  }

  /** Returns the lines of {@code fleetstop status}. */
  public static List<String> lines(SharedRunStatus run) {
    OutcomeCounts counts = new OutcomeCounts(run.total());
    counts.showRun(run.outcomes());
    List<String> lines = new ArrayList<>();
    lines.add(
        "Run "
            + TerminalText.escape(run.runId())
            + ": "
            + mode(run.parameters())
            + "; "
            + state(run)
            + ", "
            + workers(run.workers()));
    lines.add(
        TerminalText.count(run.done())
            + " of "
            + TerminalText.instances(run.total())
            + " done"
            + (run.done() == 0 ? "" : ": " + Summary.outcomes(counts)));
    lines.add(
        TerminalText.count(run.open())
            + " open ("
            + TerminalText.count(run.awaited())
            + " waiting for STOPPED), "
            + TerminalText.count(run.queued())
            + " queued"
            + (run.parameters().waves().isEmpty() ? "" : ", wave " + run.wave()));
    String beyond = beyondWaves(run.parameters());
    if (beyond != null) {
      lines.add(beyond);
    }
    String contradiction = run.contradiction();
    if (contradiction != null) {
      lines.add(
          "Damaged: Redis "
              + contradiction
              + ". Workers repair what they know for some seconds; if it remains, start a run of"
              + " another --run-id");
    }
    if (!run.reason().isEmpty()) {
      lines.add("Ended early: " + TerminalText.escape(run.reason()));
    }
    return lines;
  }

  /** Returns what the waves of a run leave out, or {@code null} if they reach every instance. */
  public static @Nullable String beyondWaves(SharedRunParameters run) {
    return run.beyondWaves() == 0
        ? null
        : TerminalText.count(run.beyondWaves())
            + (run.beyondWaves() == 1 ? " instance is" : " instances are")
            + " beyond the last size of --wave "
            + TerminalText.escape(run.waveSizes())
            + ", and not of this run. To stop them, begin a run of another --run-id with a last"
            + " size of 100%";
  }

  /** Returns that a run has nothing left to stop, since when, and with which outcomes. */
  public static String finished(SharedRunStatus run) {
    OutcomeCounts counts = new OutcomeCounts(run.total());
    counts.showRun(run.outcomes());
    return "the run "
        + TerminalText.escape(run.runId())
        + " is finished"
        + (run.ended() == null ? "" : " since " + run.ended().truncatedTo(ChronoUnit.SECONDS))
        + (run.done() == 0 ? "" : ": " + Summary.outcomes(counts));
  }

  /**
   * Returns a warning about outcomes that no machine of a run has written, or {@code null}.
   *
   * @param surplus the number of outcomes beyond the instances of the run
   */
  public static @Nullable String surplus(@Nullable Long surplus, long instances) {
    return surplus == null || surplus == 0
        ? null
        : "Redis has "
            + TerminalText.count(surplus)
            + (surplus == 1 ? " outcome" : " outcomes")
            + " more than the run has instances: something else has written to it. Only the first "
            + TerminalText.count(instances)
            + " were read";
  }

  /** Returns what has become of a run that nothing more is known of, such as in a report. */
  public static String ended(SharedRunStatus run) {
    if (run.isDone()) {
      return "The run is done: every instance has its outcome";
    }
    String state =
        "The run is "
            + state(run)
            + " on "
            + workers(run.workers())
            + ": "
            + TerminalText.count(run.total() - run.done())
            + " of "
            + TerminalText.instances(run.total())
            + " without an outcome";
    return run.workers() > 0 ? state : state + ". Continue it with stop --redis and --run-id";
  }

  private static String mode(SharedRunParameters run) {
    return Stream.of(
            run.scope() == null
                ? ""
                : TerminalText.escape(TerminalText.withoutUserInfo(run.scope())),
            run.account() == null ? "" : "account " + TerminalText.escape(run.account()),
            run.endpoint() == null || run.endpoint().equals(DEFAULT_ENDPOINT)
                ? ""
                : TerminalText.escape(TerminalText.withoutUserInfo(run.endpoint())),
            run.stoppedMode().wireName(),
            run.forceStop() ? "force" : "",
            run.dryRun() ? "dry run" : "")
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(", "));
  }

  private static String state(SharedRunStatus run) {
    return run.isDone() ? "done" : run.state().name().toLowerCase(Locale.ROOT);
  }

  private static String workers(long workers) {
    return workers == 1 ? "1 worker" : TerminalText.count(workers) + " workers";
  }

  /** Returns the pace of a shared run: its own, what this process did, and the other ones. */
  public static Pace pace(
      RunLimits limits, RequestStats calls, SharedRun run, OutcomeCounts counts) {
    return new Pace() {
      @Override
      public String text() {
        SharedRunStatus status = run.status();
        return Stream.of(
                status == null ? "" : notable(status),
                TerminalText.count(counts.reported()) + " of them here",
                status == null ? "" : workers(status.workers()),
                limits.describe(calls))
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining(", "));
      }

      @Override
      public long waiting() {
        SharedRunStatus status = run.status();
        return status == null ? 0 : status.awaited();
      }
    };
  }

  private static String notable(SharedRunStatus status) {
    return status.state() == SharedRunStatus.State.RUNNING || status.isDone() ? "" : state(status);
  }
}
