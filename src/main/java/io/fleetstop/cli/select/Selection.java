package io.fleetstop.cli.select;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.InputStream;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The instances that a run is about, in their order and each once, and those that it leaves alone.
 * Keeps ids, and names for a question only. Not thread-safe.
 */
public final class Selection {

  private static final int SHOWN = 5;

  private final Exclusions exemptions;
  private final Set<InstanceId> ids = new LinkedHashSet<>();
  private final Map<InstanceId, String> names = new LinkedHashMap<>();
  private final Map<InstanceId, String> skipped = new LinkedHashMap<>();

  Selection(Exclusions exemptions) {
    this.exemptions = exemptions;
  }

  /**
   * Takes an instance in, or leaves it out.
   *
   * @param known what the service shows of it, or {@code null} if it was not asked or knows nothing
   */
  void add(InstanceId id, @Nullable Instance known) {
    String reason = exemptions.reason(id, known);
    if (reason != null) {
      // A list whose pages shift may show it twice, and the tag once: protection wins.
      ids.remove(id);
      names.remove(id);
      skipped.put(id, reason);
    } else if (!skipped.containsKey(id) && ids.add(id) && names.size() < SHOWN) {
      names.put(id, name(id, known == null ? null : known.instanceName()));
    }
  }

  private static String name(InstanceId id, @Nullable String name) {
    return name == null || name.isBlank()
        ? id.value()
        : TerminalText.escape(name) + " (" + id.value() + ")";
  }

  /** Whether the instance is in it already, left out or not. */
  boolean knows(InstanceId id) {
    return ids.contains(id) || skipped.containsKey(id);
  }

  /** The instances to stop. */
  public Set<InstanceId> ids() {
    return Collections.unmodifiableSet(ids);
  }

  /** Returns the skipped instances with the reason. */
  public Map<InstanceId, String> skipped() {
    return Collections.unmodifiableMap(skipped);
  }

  /** Returns all reported instances: those to stop and the skipped ones. */
  public Set<InstanceId> all() {
    if (skipped.isEmpty()) {
      return ids();
    }
    Set<InstanceId> all = new LinkedHashSet<>(skipped.keySet());
    all.addAll(ids);
    return all;
  }

  /** The first instances to stop, and how many more there are. */
  String names() {
    int more = ids.size() - names.size();
    return String.join(", ", names.values())
        + (more > 0 ? " and " + TerminalText.count(more) + " more" : "");
  }

  /** Returns how many are skipped and why, or {@code null} if none is. */
  public @Nullable String skippedText() {
    if (skipped.isEmpty()) {
      return null;
    }
    return skipped.values().stream()
        .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(
            entry ->
                TerminalText.count(entry.getValue()) + " " + TerminalText.escape(entry.getKey()))
        .collect(Collectors.joining(", ", "Skipped: ", ""));
  }

  /**
   * The rules for skipping instances.
   *
   * @param protectTag the tag that protects an instance, or {@code null} if none does
   * @param excluded the reason for each instance that is excluded by id
   */
  record Exclusions(@Nullable TagMatch protectTag, Map<InstanceId, String> excluded) {

    /** Reads the files of a command line. */
    static Exclusions read(StopArguments options, InputStream stdin) {
      Map<InstanceId, String> excluded = new HashMap<>();
      for (String file : options.exempt.files()) {
        String reason = "excluded by " + (file.equals(IdFile.STDIN) ? "stdin" : file);
        IdFile.read("--exclude-file", file, stdin, id -> excluded.putIfAbsent(id, reason));
      }
      return new Exclusions(options.exempt.tag(options.where.isSimulated()), excluded);
    }

    /**
     * Returns why an instance is skipped, or {@code null} if it is not.
     *
     * @param known what the service shows of it, or {@code null} if it was not asked or knows
     *     nothing
     */
    @Nullable String reason(InstanceId id, @Nullable Instance known) {
      String reason = excluded.get(id);
      if (reason != null) {
        return reason;
      }
      return known != null && isProtected(known) ? "protected by its tag " + protectTag : null;
    }

    /** Whether an instance has the tag that protects. */
    boolean isProtected(Instance known) {
      return protectTag != null && protectTag.isOn(known);
    }

    /** Returns how many of the instances are not excluded by id. */
    long withoutExcluded(Collection<InstanceId> ids) {
      return ids.stream().filter(id -> !excluded.containsKey(id)).count();
    }
  }
}
