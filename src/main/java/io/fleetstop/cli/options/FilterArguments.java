package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The filters of instances. {@code null} means not given. */
public final class FilterArguments {

  /**
   * The maximum number of instances that a tag filter returns, by the documentation of
   * DescribeInstances for the international brand; Volcengine's own does not state it.
   */
  private static final long TAG_REACH = 1_000;

  @Option(
      names = "--status",
      paramLabel = "S",
      converter = Converters.Status.class,
      completionCandidates = Candidates.Statuses.class,
      description = "Only instances in this status, for example RUNNING. Default: any.")
  Instance.@Nullable State status;

  @Option(
      names = "--tag",
      paramLabel = "K[=V]",
      converter = Converters.Tag.class,
      description =
          "Only instances with this tag; without V, with any value. The key ends at the "
              + "first =. Repeatable: values of the same key (at most 3) are alternatives, "
              + "different keys (at most 10) must all match. Default: any.")
  List<TagMatch> tags = new ArrayList<>();

  @Option(
      names = "--zone",
      paramLabel = "ID",
      description = "Only instances in this zone, for example cn-beijing-a. Default: any.")
  @Nullable String zone;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Only instances in this project. Default: any.")
  @Nullable String project;

  @Option(
      names = "--vpc",
      paramLabel = "ID",
      description = "Only instances in this VPC. Default: any.")
  @Nullable String vpc;

  /** Whether a filter is given. */
  public boolean isGiven() {
    return status != null || !tags.isEmpty() || zone != null || project != null || vpc != null;
  }

  /**
   * Returns the request for the matching instances.
   *
   * @param maxInstances the most that the list may have
   * @throws CommandFailure if a filter is blank, or there are more than the API accepts
   */
  public DescribeInstances request(int maxInstances) {
    DescribeInstances.Builder request = DescribeInstances.builder().maxInstances(maxInstances);
    try {
      if (status != null) {
        request.status(status.name());
      }
      if (zone != null) {
        request.zoneId(typed("--zone", zone));
      }
      if (project != null) {
        request.projectName(typed("--project", project));
      }
      if (vpc != null) {
        request.vpcId(typed("--vpc", vpc));
      }
      valuesByKey().forEach((key, values) -> request.tag(key, values.toArray(new String[0])));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("the filters cannot be sent: " + e.getMessage());
    }
    return request.build();
  }

  private static String typed(String option, String value) {
    String confusable = Confusables.in(value);
    if (confusable != null) {
      throw CommandFailure.usage(option + " " + value + " has " + confusable);
    }
    return value;
  }

  /**
   * Returns the filter that a listed instance does not pass, as on the command line, or {@code
   * null} if it passes all. A service that does not know a filter, or reads an empty value as any,
   * lists instances that were not asked for.
   */
  public @Nullable String unmetBy(Instance listed) {
    Instance instance = listed.received();
    if (status != null && instance.state() != status) {
      return "--status " + status;
    }
    if (isOther(zone, instance.zoneId())) {
      return "--zone " + zone;
    }
    if (isOther(project, instance.projectName())) {
      return "--project " + project;
    }
    if (isOther(vpc, instance.vpcId())) {
      return "--vpc " + vpc;
    }
    return tags.stream()
        .filter(
            tag ->
                tags.stream().noneMatch(any -> any.key().equals(tag.key()) && any.isOn(instance)))
        .map(tag -> "--tag " + tag)
        .findFirst()
        .orElse(null);
  }

  // A reply may leave a property out, which does not show another value.
  private static boolean isOther(@Nullable String asked, @Nullable String actual) {
    return asked != null && actual != null && !actual.isEmpty() && !asked.equals(actual);
  }

  // An empty list of values matches any.
  private Map<String, List<String>> valuesByKey() {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (TagMatch tag : tags) {
      boolean added = !values.containsKey(tag.key());
      List<String> ofKey = values.computeIfAbsent(tag.key(), key -> new ArrayList<>());
      if (!added && (tag.value() == null || ofKey.isEmpty())) {
        throw CommandFailure.usage(
            "--tag "
                + tag.key()
                + " is given more than once, and once without a value, which matches any; give it once");
      }
      if (tag.value() != null) {
        ofKey.add(tag.value());
      }
    }
    return values;
  }

  /** Returns the tags that are asked for. */
  public Set<TagMatch> tags() {
    return new LinkedHashSet<>(tags);
  }

  /** Returns the filters as on the command line. */
  @Override
  public String toString() {
    List<String> given = new ArrayList<>();
    if (status != null) {
      given.add("--status " + status);
    }
    tags.forEach(tag -> given.add("--tag " + tag));
    if (zone != null) {
      given.add("--zone " + zone);
    }
    if (project != null) {
      given.add("--project " + project);
    }
    if (vpc != null) {
      given.add("--vpc " + vpc);
    }
    return String.join(" ", given);
  }

  /** Returns why the result may be truncated, or {@code null}. */
  public @Nullable String truncationWarning(long found) {
    return tags.isEmpty() || found != TAG_REACH
        ? null
        : "There may be more: some accounts see no more than "
            + "1,000"
            + " instances by --tag; narrow it down by --zone, --project or --vpc";
  }

  /**
   * A tag condition.
   *
   * @param key its key
   * @param value its value, or {@code null} for any
   */
  public record TagMatch(String key, @Nullable String value) {

    /**
     * Reads {@code key} or {@code key=value}; the key ends at the first {@code =}, and the value
     * may be empty.
     *
     * @throws IllegalArgumentException if there is no key
     */
    static TagMatch of(String word) {
      int equals = word.indexOf('=');
      String key = equals < 0 ? word : word.substring(0, equals);
      if (key.isBlank()) {
        throw new IllegalArgumentException("must be key or key=value");
      }
      String confusable = Confusables.in(word);
      if (confusable != null) {
        throw new IllegalArgumentException("must be key or key=value, but has " + confusable);
      }
      return new TagMatch(key, equals < 0 ? null : word.substring(equals + 1));
    }

    /** Whether an instance matches, as the service decides it. */
    public boolean isOn(Instance instance) {
      String actual = instance.received().tag(key);
      return actual != null && (value == null || value.equals(actual));
    }

    /** Formats the tag as on the command line. */
    @Override
    public String toString() {
      return value == null ? key : key + "=" + value;
    }
  }
}
