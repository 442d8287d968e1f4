package io.fleetstop.cli.select;

import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Counts the instances to stop by status, zone and project. Not thread-safe. */
final class FleetBreakdown {

  /** The status of an instance that was not described. */
  static final String NOT_DESCRIBED = "not described";

  /** The status of an instance that the service does not list. */
  static final String MISSING = "missing";

  private static final int SHOWN = 6;

  /** A service may invent a status for each instance. */
  private static final int MAX_COMBINATIONS = 10_000;

  private static final Facts OTHER = new Facts("other", "", "");

  private static final Comparator<Map.Entry<String, Long>> MOST_FIRST =
      Map.Entry.<String, Long>comparingByValue()
          .reversed()
          .thenComparing(Map.Entry.comparingByKey());

  private record Facts(String status, String zone, String project) {}

  private final Map<InstanceId, Facts> facts = new HashMap<>();
  // A count only: a million ids of a file may be stopped without a description.
  private long undescribed;
  // A large fleet has few combinations.
  private final Map<Facts, Facts> interned = new HashMap<>();

  void put(InstanceId id, @Nullable Instance known, boolean missing) {
    if (known == null && !missing) {
      undescribed++;
      return;
    }
    Facts found =
        known == null
            ? new Facts(MISSING, "", "")
            : new Facts(known.status(), text(known.zoneId()), text(known.projectName()));
    Facts same = interned.get(found);
    if (same == null) {
      same = interned.size() < MAX_COMBINATIONS ? found : OTHER;
      interned.put(same, same);
    }
    facts.put(id, same);
  }

  private static String text(@Nullable String text) {
    return Objects.requireNonNullElse(text, "");
  }

  /** Removes an instance that was put before. */
  void remove(InstanceId id) {
    if (facts.remove(id) == null) {
      undescribed--;
    }
  }

  Map<String, Long> statuses() {
    Map<String, Long> counts = new LinkedHashMap<>();
    Map<String, Long> described = counts(Facts::status);
    if (undescribed == 0) {
      return described;
    }
    described.put(NOT_DESCRIBED, undescribed);
    described.entrySet().stream()
        .sorted(MOST_FIRST)
        .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
    return counts;
  }

  Map<String, Long> zones() {
    return counts(Facts::zone);
  }

  Map<String, Long> projects() {
    return counts(Facts::project);
  }

  /** Returns the number of instances of each group, the largest first; unknown ones have none. */
  private Map<String, Long> counts(Function<Facts, String> group) {
    Map<String, Long> counts = new LinkedHashMap<>();
    facts.values().stream()
        .map(group)
        .filter(name -> !name.isEmpty())
        .collect(Collectors.groupingBy(name -> name, Collectors.counting()))
        .entrySet()
        .stream()
        .sorted(MOST_FIRST)
        .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
    return counts;
  }

  /** Returns the largest groups in one line, such as {@code 7 RUNNING, 1 STOPPED}. */
  static String text(Map<String, Long> counts) {
    int more = counts.size() - SHOWN;
    return counts.entrySet().stream()
            .limit(SHOWN)
            .map(
                entry ->
                    TerminalText.count(entry.getValue())
                        + " "
                        + TerminalText.escape(entry.getKey()))
            .collect(Collectors.joining(", "))
        + (more > 0 ? " and " + TerminalText.count(more) + " more" : "");
  }
}
