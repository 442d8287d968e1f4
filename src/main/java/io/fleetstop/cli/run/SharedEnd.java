package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRunStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What Redis knows of a shared run when a machine ends its part.
 *
 * @param redis whether Redis knows the run
 * @param status the status of the run, if Redis knows it
 * @param run its outcomes, if they were read
 * @param surplus the number of outcomes in Redis that are more than the run has instances
 */
public record SharedEnd(
    Redis redis, @Nullable SharedRunStatus status, @Nullable JournaledRun run, long surplus) {

  /** Whether Redis knows a run. */
  public enum Redis {
    KNOWS_THE_RUN,
    /** It has the run, with something else in its keys, or counts that contradict each other. */
    HAS_DAMAGED_THE_RUN,
    HAS_LOST_THE_RUN,
    DOES_NOT_ANSWER
  }

  /**
   * Asks Redis, for a few seconds at most.
   *
   * @param joined the run when this machine joined it
   * @param detailed whether to read the outcomes
   */
  public static SharedEnd of(RedisFleet fleet, SharedRunStatus joined, boolean detailed) {
    try {
      SharedRunStatus status = fleet.find().block();
      if (status == null) {
        return without(Redis.HAS_LOST_THE_RUN);
      }
      // A number that something else has changed would bound nothing.
      boolean reading = detailed && status.total() == joined.total();
      JournaledRun run = reading ? fleet.read().block() : null;
      Long surplus = reading ? fleet.surplus().block() : null;
      Redis redis = status.isConsistent() ? Redis.KNOWS_THE_RUN : Redis.HAS_DAMAGED_THE_RUN;
      return new SharedEnd(redis, status, run, surplus == null ? 0 : surplus);
    } catch (EcsException damaged) {
      return without(Redis.HAS_DAMAGED_THE_RUN);
    } catch (RuntimeException unanswered) {
      return without(Redis.DOES_NOT_ANSWER);
    }
  }

  private static SharedEnd without(Redis redis) {
    return new SharedEnd(redis, null, null, 0);
  }

  /** Whether every instance has its outcome. */
  public boolean isDone() {
    return status != null && status.isDone();
  }

  /** Shows the counts of the run. */
  public void show(OutcomeCounts counts, List<OutcomeLine> outcomes) {
    if (run != null) {
      OutcomeCounts all = new OutcomeCounts(outcomes.size());
      outcomes.forEach(all::count);
      counts.showRun(all);
    } else if (status != null) {
      counts.showRun(status.outcomes());
    }
  }

  /**
   * Returns the outcomes of the run as far as they are known.
   *
   * @param here the outcomes that this machine has reported
   * @param left those of them that are not outcomes of the run
   */
  public List<OutcomeLine> outcomes(
      Collection<OutcomeLine> here, Collection<ShutdownOutcome> left) {
    if (run == null) {
      return List.copyOf(here);
    }
    Map<String, OutcomeLine> outcomes = new LinkedHashMap<>();
    // What was printed here must not differ, whatever another machine has found since, or another
    // program has written.
    here.forEach(one -> outcomes.put(one.instanceId(), one));
    left.forEach(one -> outcomes.put(one.instanceId().value(), OutcomeLine.of(one)));
    run.outcomes().forEach(one -> outcomes.putIfAbsent(one.instanceId(), OutcomeLine.of(one)));
    if (!run.isActive()) {
      for (InstanceId open : run.open()) {
        outcomes.putIfAbsent(
            open.value(),
            OutcomeLine.open(
                open, "a call may have been sent by a machine that ended before its outcome"));
      }
    }
    return List.copyOf(outcomes.values());
  }

  /**
   * Returns what in Redis is not as this machine knows it, in a line each.
   *
   * @param here the outcomes that this machine has reported
   * @param left those of them that are not outcomes of the run
   */
  public List<String> contradictions(
      Collection<OutcomeLine> here, Collection<ShutdownOutcome> left) {
    List<String> lines = new ArrayList<>();
    String more =
        run == null || status == null ? null : SharedRunText.surplus(surplus, status.total());
    if (more != null) {
      lines.add(more);
    }
    Map<String, OutcomeLine> own = new HashMap<>();
    here.forEach(one -> own.put(one.instanceId(), one));
    left.forEach(one -> own.remove(one.instanceId().value()));
    List<OutcomeJson> others =
        run == null
            ? List.of()
            : run.outcomes().stream()
                .filter(one -> differs(own.get(one.instanceId()), one))
                .toList();
    if (!others.isEmpty()) {
      OutcomeJson first = others.get(0);
      String id = first.instanceId();
      lines.add(
          "Redis has another outcome than this machine for "
              + TerminalText.instances(others.size())
              + ", for example "
              + TerminalText.escape(id)
              + ": "
              + first.outcome()
              + " in Redis, "
              + Objects.requireNonNull(own.get(id)).kind()
              + " here. What this machine saw is reported");
    }
    return lines;
  }

  private static boolean differs(@Nullable OutcomeLine own, OutcomeJson recorded) {
    return own != null && !own.kind().name().equals(recorded.outcome());
  }

  /**
   * Returns how the run is resumed, in one line; empty if it is done.
   *
   * @param redisUrl the value of {@code --redis}, or {@code null} if the environment names it
   */
  public List<String> advice(ResumeHint resumeHint, @Nullable String redisUrl) {
    String another =
        "start a run with another --run-id: instances that are stopped already are found as such";
    return switch (redis) {
      case HAS_DAMAGED_THE_RUN ->
          List.of("The run is damaged, so it cannot be resumed. To stop the rest, " + another);
      case HAS_LOST_THE_RUN ->
          List.of("The run is lost, so it cannot be resumed. To stop the rest, " + another);
      case DOES_NOT_ANSWER ->
          List.of(
              "When Redis answers again, resume with: "
                  + resumeHint.command()
                  + ". If it has forgotten the run then, "
                  + another);
      case KNOWS_THE_RUN ->
          isDone()
              ? List.of()
              : List.of(
                  isToBeResumed()
                      ? "Resume the run with: "
                          + resuming(resumeHint, redisUrl)
                          + ", then join it on each machine with: "
                          + resumeHint.command()
                      : "Resume with: " + resumeHint.command());
    };
  }

  /** Returns the command that resumes the run, for others to read, or {@code null} if none does. */
  @Nullable String command(ResumeHint resumeHint, @Nullable String redisUrl) {
    if (redis == Redis.HAS_LOST_THE_RUN || redis == Redis.HAS_DAMAGED_THE_RUN || isDone()) {
      return null;
    }
    return (isToBeResumed() ? resuming(resumeHint, redisUrl) + " && " : "")
        + resumeHint.shownCommand();
  }

  private boolean isToBeResumed() {
    return status != null
        && switch (status.state()) {
          case PAUSED, DRAINING, FAILED -> true;
          case LOADING, RUNNING -> false;
        };
  }

  private static String resuming(ResumeHint resumeHint, @Nullable String redisUrl) {
    return TerminalText.escape(
        "fleetstop resume "
            + (redisUrl == null ? "" : "--redis " + TerminalText.shellWord(redisUrl) + " ")
            + "--run-id "
            + TerminalText.shellWord(resumeHint.runId()));
  }
}
