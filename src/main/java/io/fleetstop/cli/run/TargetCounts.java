package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The outcome counts of each target. Written by one thread. */
public final class TargetCounts {

  private final Map<Target, OutcomeCounts> counts = new LinkedHashMap<>();
  private final Map<Target, String> unread = new LinkedHashMap<>();

  /** Adds a target with its number of instances. */
  public void add(Target target, int instances) {
    counts.put(target, new OutcomeCounts(instances));
  }

  /** Adds a target that could not be read. */
  public void addUnread(Target target, String reason) {
    unread.put(target, reason);
  }

  /** Counts an outcome. */
  public void count(OutcomeLine outcome) {
    OutcomeCounts of = outcome.target() == null ? null : counts.get(outcome.target());
    if (of != null) {
      of.count(outcome);
    }
  }

  /** Returns how many targets have an outcome for each instance, of how many. */
  public String progress() {
    long done = counts.values().stream().filter(of -> of.done() >= of.instances()).count();
    return TerminalText.count(done) + " of " + TerminalText.count(counts.size()) + " targets";
  }

  /**
   * Returns a line for each target.
   *
   * @param errors the errors of targets that ended by one of their own
   */
  public List<String> lines(Map<Target, Throwable> errors) {
    List<String> lines = new ArrayList<>();
    counts.forEach(
        (target, of) -> {
          String outcomes = Summary.outcomes(of);
          long missing = Math.max(0, of.instances() - of.done());
          lines.add(
              "  "
                  + target
                  + ": "
                  + TerminalText.instances(of.instances())
                  + (outcomes.isEmpty() ? "" : ", " + outcomes)
                  + (missing == 0 ? "" : ", " + TerminalText.count(missing) + " not started")
                  + ended(errors.get(target)));
        });
    unread.forEach(
        (target, reason) ->
            lines.add("  " + target + ": not read: " + TerminalText.escape(reason)));
    return lines;
  }

  private static String ended(@Nullable Throwable error) {
    if (error == null) {
      return "";
    }
    String reason =
        error instanceof EcsException known
            ? known.errorCode().code() + ": " + known.reason()
            : String.valueOf(error);
    return "; ended early: " + TerminalText.escape(reason);
  }
}
