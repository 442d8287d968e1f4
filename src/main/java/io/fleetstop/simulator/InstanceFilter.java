package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.model.DescribeInstances;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The filter of a {@code DescribeInstances} call. */
final class InstanceFilter {

  private static final Set<String> ONE_VALUE =
      Set.of("Status", "ZoneId", "VpcId", "ProjectName", "InstanceName", "InstanceChargeType");
  private static final Set<String> PAGING = Set.of("MaxResults", "NextToken");
  private static final Pattern INSTANCE_ID = Pattern.compile("InstanceIds\\.[1-9][0-9]{0,3}");
  private static final Pattern TAG =
      Pattern.compile("TagFilters\\.(10|[1-9])\\.(Key|Values\\.[1-3])");

  /** Matches instances that have the tag, with one of the values if any are given. */
  private static final class TagFilter {

    private @Nullable String key;
    private final Set<String> values = new HashSet<>();

    boolean matches(Map<String, String> tags) {
      String value = tags.get(key);
      return value != null && (values.isEmpty() || values.contains(value));
    }
  }

  private final RequestQuery query;
  private final Set<String> ids = new LinkedHashSet<>();
  private final Map<String, TagFilter> tags = new TreeMap<>();

  private InstanceFilter(RequestQuery query) {
    this.query = query;
  }

  static InstanceFilter of(RequestQuery query) {
    InstanceFilter filter = new InstanceFilter(query);
    query.requireKnown(
        name ->
            PAGING.contains(name)
                || ONE_VALUE.contains(name)
                || INSTANCE_ID.matcher(name).matches()
                || TAG.matcher(name).matches());
    query.names().forEach(filter::add);
    if (filter.ids.size() > DescribeInstances.MAX_PAGE
        || filter.tags.values().stream().anyMatch(tag -> tag.key == null)) {
      throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
    }
    return filter;
  }

  /** The requested ids; empty for all. */
  Set<String> ids() {
    return ids;
  }

  boolean matches(InstanceRuntime instance, long now) {
    SimulatedInstance spec = instance.spec();
    InstanceRuntime.Phase phase = instance.phase(now);
    return !phase.isDeleted()
        && equal("Status", phase.status())
        && equal("ZoneId", instance.zoneId())
        && equal("VpcId", spec.vpcId())
        && equal("ProjectName", spec.projectName())
        && equal("InstanceChargeType", spec.chargeType())
        && hasName(spec.name())
        && tags.values().stream().allMatch(tag -> tag.matches(spec.tags()));
  }

  private void add(String name) {
    String value = query.get(name);
    Matcher tag = TAG.matcher(name);
    if (value == null) {
      return;
    }
    if (INSTANCE_ID.matcher(name).matches()) {
      ids.add(value);
    } else if (tag.matches()) {
      TagFilter filter = tags.computeIfAbsent(tag.group(1), number -> new TagFilter());
      if (tag.group(2).equals("Key")) {
        filter.key = value;
      } else {
        filter.values.add(value);
      }
    }
  }

  private boolean equal(String name, @Nullable String actual) {
    String wanted = query.nonEmpty(name);
    return wanted == null || wanted.equals(actual);
  }

  private boolean hasName(String actual) {
    String wanted = query.nonEmpty("InstanceName");
    return wanted == null || actual.contains(wanted);
  }
}
