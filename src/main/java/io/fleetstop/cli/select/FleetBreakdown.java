package io.fleetstop.cli.select;

import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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

  // A large fleet has few combinations.
  private final Map<Facts, Integer> numbers = new HashMap<>();
  private final List<Facts> combinations = new ArrayList<>();
  private long[] counts = new long[8];
  // The number of the facts of each instance, in the order in which they were put.
  private int[] order = new int[0];
  private int size;

  /**
   * Counts an instance.
   *
   * @param isRemovable whether it may be left out later
   */
  void put(@Nullable Instance known, boolean missing, boolean isRemovable) {
    int number = numberOf(facts(known, missing));
    counts[number]++;
    if (isRemovable) {
      if (size == order.length) {
        order = Arrays.copyOf(order, size + size / 2 + 16);
      }
      order[size++] = number;
    }
  }

  private int numberOf(Facts facts) {
    Integer known = numbers.get(facts);
    if (known != null) {
      return known;
    }
    int number = combinations.size();
    if (number > MAX_COMBINATIONS) {
      return MAX_COMBINATIONS;
    }
    Facts kept = number < MAX_COMBINATIONS ? facts : OTHER;
    combinations.add(kept);
    numbers.put(kept, number);
    if (combinations.size() > counts.length) {
      counts = Arrays.copyOf(counts, counts.length * 2);
    }
    return number;
  }

  private static Facts facts(@Nullable Instance known, boolean missing) {
    return known == null
        ? new Facts(missing ? MISSING : NOT_DESCRIBED, "", "")
        : new Facts(known.status(), text(known.zoneId()), text(known.projectName()));
  }

  private static String text(@Nullable String text) {
    return Objects.requireNonNullElse(text, "");
  }

  /**
   * Returns the counts without some instances.
   *
   * @param all the removable instances in the order in which they were put
   */
  FleetBreakdown without(Set<InstanceId> removed, Iterable<InstanceId> all) {
    FleetBreakdown rest = new FleetBreakdown();
    rest.combinations.addAll(combinations);
    rest.counts = counts.clone();
    int next = 0;
    for (InstanceId id : all) {
      if (removed.contains(id)) {
        rest.counts[order[next]]--;
      }
      next++;
    }
    return rest;
  }

  Map<String, Long> statuses() {
    return counts(Facts::status);
  }

  Map<String, Long> zones() {
    return counts(Facts::zone);
  }

  Map<String, Long> projects() {
    return counts(Facts::project);
  }

  /** Returns the number of instances of each group, the largest first; unknown ones have none. */
  private Map<String, Long> counts(Function<Facts, String> group) {
    Map<String, Long> sums = new HashMap<>();
    for (int number = 0; number < combinations.size(); number++) {
      String name = group.apply(combinations.get(number));
      if (!name.isEmpty() && counts[number] > 0) {
        sums.merge(name, counts[number], Long::sum);
      }
    }
    Map<String, Long> sorted = new LinkedHashMap<>();
    sums.entrySet().stream()
        .sorted(MOST_FIRST)
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
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
