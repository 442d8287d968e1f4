package io.fleetstop.cli.select;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.IdSet;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a run, in order and without duplicates, and those that it skips. Keeps ids, and
 * names, zones and tags where they are known. Not thread-safe.
 */
public final class SelectedInstances {

  private static final int SHOWN = 5;

  /** The maximum number of characters that are shown of a name. */
  private static final int MAX_NAME = 60;

  private final Exclusions exemptions;
  private final Set<InstanceId> begun;
  private Set<InstanceId> added = new IdSet();
  // Whether added has all instances from the start, and each is described once.
  private boolean named;
  // Of those in added.
  private final Set<InstanceId> removed = new HashSet<>();
  private final Set<InstanceId> ids = new IdsToStop();
  private final Map<InstanceId, String> names = new LinkedHashMap<>();
  private final InstanceLabels labels;
  private final Map<InstanceId, String> skipped = new LinkedHashMap<>();
  private final Set<InstanceId> missing = new LinkedHashSet<>();
  private final Set<InstanceId> unlisted = new LinkedHashSet<>();
  private final FleetBreakdown breakdown = new FleetBreakdown();

  /**
   * Creates an empty selection.
   *
   * @param begun the instances that the run may have called before
   */
  SelectedInstances(Exclusions exemptions, Set<InstanceId> begun) {
    this(exemptions, begun, new InstanceLabels());
  }

  SelectedInstances(Exclusions exemptions, Set<InstanceId> begun, InstanceLabels labels) {
    this.labels = labels;
    this.exemptions = exemptions;
    this.begun = begun;
  }

  /**
   * Begins with named instances, of which each is to be added once. Keeps the set itself, which
   * must not change: a copy of a million ids would take 30 megabytes.
   */
  void begin(Set<InstanceId> wanted) {
    added = wanted;
    named = true;
  }

  /**
   * Adds an instance, to stop it or to skip it.
   *
   * @param known the described instance, or {@code null} if it was not described or is not listed
   */
  void add(InstanceId id, @Nullable Instance known) {
    if (known != null) {
      labels.put(id.value(), InstanceLabel.of(known));
    }
    String reason = exemptions.reason(id, known);
    if (reason == null && !begun.contains(id)) {
      reason = exemptions.notRunning(known);
    }
    if (reason != null) {
      // A list whose pages shift may show it twice, and the tag only once: it is protected.
      if (added.contains(id)) {
        removed.add(id);
      }
      names.remove(id);
      skipped.put(id, reason);
    } else if (named || (!skipped.containsKey(id) && added.add(id))) {
      breakdown.put(known, missing.contains(id), !named);
      if (names.size() < SHOWN) {
        names.put(id, name(id, known == null ? null : known.instanceName()));
      }
    }
  }

  private final class IdsToStop extends AbstractSet<InstanceId> {

    @Override
    public Iterator<InstanceId> iterator() {
      return removed.isEmpty()
          ? added.iterator()
          : added.stream().filter(id -> !removed.contains(id)).iterator();
    }

    @Override
    public int size() {
      return added.size() - removed.size();
    }

    @Override
    public boolean contains(@Nullable Object id) {
      return added.contains(id) && !removed.contains(id);
    }
  }

  /** Returns the counts of the instances to stop by status, zone and project. */
  FleetBreakdown breakdown() {
    // Of named instances, those that are skipped were not put.
    return named || removed.isEmpty() ? breakdown : breakdown.without(removed, added);
  }

  /** Returns the first ids to stop. */
  List<String> firstIds() {
    return names.keySet().stream().map(InstanceId::value).toList();
  }

  /** Returns the number of instances that are skipped because of their tag. */
  long protectedCount() {
    return skipped.values().stream().filter(exemptions.protectionReason()::equals).count();
  }

  /** Returns the number of instances that are skipped because a file names them. */
  long excludedCount() {
    return skipped.size() - protectedCount();
  }

  /** Returns the tag that protects, or {@code null} if none does. */
  @Nullable String protectTag() {
    TagMatch tag = exemptions.protectTag();
    return tag == null ? null : tag.toString();
  }

  /** Returns how many are skipped for another reason than their tag, and why. */
  String exclusionText() {
    return reasons(reason -> !reason.equals(exemptions.protectionReason()));
  }

  private static String name(InstanceId id, @Nullable String name) {
    return name == null || name.isBlank() || name.equals(id.value())
        ? id.value()
        : TerminalText.escape(shortened(name)) + " (" + id.value() + ")";
  }

  // Others choose the names; a long one would push the rest of the question off the screen.
  private static String shortened(String name) {
    return name.codePointCount(0, name.length()) <= MAX_NAME
        ? name
        : name.substring(0, name.offsetByCodePoints(0, MAX_NAME)) + "...";
  }

  /**
   * Returns how many instances the exclusions and a given protect tag match. A mistyped file or tag
   * protects nothing, which nothing else would show.
   *
   * @param tagGiven whether the protect tag is not the default
   */
  List<String> protectionNotes(boolean tagGiven) {
    List<String> notes = new ArrayList<>();
    exemptions
        .excluded()
        .forEach(
            (file, excluded) ->
                notes.add(
                    "--exclude-file "
                        + TerminalText.escape(file)
                        + (excluded.isEmpty() ? " has no ids: " : ": ")
                        + TerminalText.count(excluded.stream().filter(this::knows).count())
                        + " of "
                        + TerminalText.count(excluded.size())
                        + (excluded.size() == 1 ? " id is" : " ids are")
                        + " in the fleet"));
    List<InstanceId> never = neverStopped();
    if (!never.isEmpty()) {
      notes.add(
          "Skipped, because they are "
              + TerminalText.escape(exemptions.never().reason())
              + ": "
              + FleetSelector.listed(never));
    }
    TagMatch tag = exemptions.protectTag();
    if (tag != null
        && tagGiven
        && !skipped.containsValue(exemptions.protectionReason())
        && !(ids.isEmpty() && skipped.isEmpty())) {
      notes.add(
          "--protect-tag "
              + TerminalText.escape(tag.toString())
              + ": no instance of the fleet has this tag");
    }
    return notes;
  }

  /** Returns the skipped instances that are in the list of those that are never stopped. */
  List<InstanceId> neverStopped() {
    return skipped.keySet().stream().filter(exemptions::isNever).toList();
  }

  /** Adds an instance that the service does not list. */
  void addMissing(InstanceId id) {
    missing.add(id);
    if (!begun.contains(id)) {
      unlisted.add(id);
    }
    add(id, null);
  }

  /**
   * Returns the instances that are not called, because the service does not list them: whether they
   * may be stopped is unknown. Those that the run may have called before are not among them.
   */
  public Set<InstanceId> unlisted() {
    return Collections.unmodifiableSet(unlisted);
  }

  /** Returns the named instances that the service does not list. */
  Set<InstanceId> missing() {
    return Collections.unmodifiableSet(missing);
  }

  /** Whether the instance was added already, to stop it or to skip it. */
  boolean knows(InstanceId id) {
    return ids.contains(id) || skipped.containsKey(id);
  }

  /** Returns the instances to stop. */
  public Set<InstanceId> ids() {
    return Collections.unmodifiableSet(ids);
  }

  /** Returns what is known of an instance beside its id. */
  public InstanceLabel label(String id) {
    return labels.get(id);
  }

  /** Returns how many labels are known, or {@code null} if all are that were described. */
  public @Nullable String labelsText() {
    return labels.isComplete()
        ? null
        : "Names, zones and tags are shown for "
            + TerminalText.count(labels.size())
            + " of "
            + TerminalText.instances(size())
            + ": more need a larger heap (JAVA_OPTS=-Xmx...)";
  }

  /** Returns the skipped instances with the reason. */
  public Map<InstanceId, String> skipped() {
    return Collections.unmodifiableMap(skipped);
  }

  /** Returns the number of reported instances. */
  int size() {
    return ids.size() + skipped.size();
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

  /** Returns the first instances to stop, and the number of the others. */
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
    return "Skipped: " + reasons(reason -> true);
  }

  private String reasons(Predicate<String> shown) {
    return skipped.values().stream()
        .filter(shown)
        .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(
            entry ->
                TerminalText.count(entry.getValue()) + " " + TerminalText.escape(entry.getKey()))
        .collect(Collectors.joining(", "));
  }
}
