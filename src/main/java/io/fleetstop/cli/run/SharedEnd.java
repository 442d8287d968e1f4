package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRunStatus;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Redis knows of a shared run when a machine ends its part.
 *
 * @param redis whether Redis knows the run
 * @param status the status of the run, if Redis knows it
 * @param run its outcomes, if they were read
 */
public record SharedEnd(Redis redis, @Nullable SharedRunStatus status, @Nullable JournaledRun run) {

  /** Whether Redis knows a run. */
  public enum Redis {
    KNOWS_THE_RUN,
    /** It answers, and has no such run or something else in its keys. */
    HAS_LOST_THE_RUN,
    DOES_NOT_ANSWER
  }

  /**
   * Asks Redis, for a few seconds at most.
   *
   * @param detailed whether to read the outcomes
   */
  public static SharedEnd of(RedisFleet fleet, boolean detailed) {
    try {
      SharedRunStatus status = fleet.find().block();
      if (status == null) {
        return new SharedEnd(Redis.HAS_LOST_THE_RUN, null, null);
      }
      return new SharedEnd(Redis.KNOWS_THE_RUN, status, detailed ? fleet.read().block() : null);
    } catch (EcsException damaged) {
      return new SharedEnd(Redis.HAS_LOST_THE_RUN, null, null);
    } catch (RuntimeException unanswered) {
      return new SharedEnd(Redis.DOES_NOT_ANSWER, null, null);
    }
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
    // Another machine may have found an outcome since; what was printed here must not differ.
    left.forEach(one -> outcomes.put(one.instanceId().value(), OutcomeLine.of(one)));
    run.outcomes().forEach(one -> outcomes.putIfAbsent(one.instanceId(), OutcomeLine.of(one)));
    here.forEach(one -> outcomes.putIfAbsent(one.instanceId(), one));
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
   * Returns how the run is resumed, in one line; empty if it is done.
   *
   * @param redisUrl the value of {@code --redis}, or {@code null} if the environment names it
   */
  public List<String> advice(ResumeHint resumeHint, @Nullable String redisUrl) {
    String another =
        "start a run with another --run-id: instances that are stopped already are found as such";
    return switch (redis) {
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
    if (redis == Redis.HAS_LOST_THE_RUN || isDone()) {
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
