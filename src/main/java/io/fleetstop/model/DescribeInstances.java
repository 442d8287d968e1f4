package io.fleetstop.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The {@code DescribeInstances} action: one page of the account's instances in a region
 * (docs/6396/70466). {@code EcsClient.describeInstances} fetches all pages.
 *
 * <p>Immutable. Without a filter it matches all instances.
 */
public final class DescribeInstances implements EcsAction<DescribeInstances.Page> {

  /** The most ids of one request, and the most instances of one page. */
  public static final int MAX_PAGE = 100;

  /** The default of {@link Builder#maxInstances}: {@value}. */
  public static final int DEFAULT_MAX_INSTANCES = 1_000_000;

  private static final String IDS = "InstanceIds.";
  private static final int MAX_TAG_FILTERS = 10;
  private static final int MAX_TAG_VALUES = 3;

  /**
   * One page. Only the accessors are stable: components may be added.
   *
   * @param instances the instances of the page
   * @param nextToken the token of the next page; empty on the last
   * @param totalCount the number of all matching instances, or {@code null} if the reply has none
   */
  public record Page(List<Instance> instances, String nextToken, @Nullable Integer totalCount) {

    /** Absent instances are accepted with a count of 0; an absent token marks the last page. */
    @SuppressWarnings({"ConstantValue", "NullAway"})
    public Page {
      if (instances == null && (totalCount == null || totalCount != 0)) {
        throw new IllegalArgumentException("a page must have Instances, or a TotalCount of 0");
      }
      instances = instances == null ? List.of() : List.copyOf(instances);
      nextToken = nextToken == null ? "" : nextToken;
    }

    /** Without the token: it is sent back as it is, so nothing is masked in it. */
    @Override
    public String toString() {
      return "Page[instances="
          + instances
          + ", nextToken="
          + Text.lengthOf(nextToken)
          + ", totalCount="
          + totalCount
          + "]";
    }
  }

  private final Map<String, String> filters;
  private final int pageSize;
  private final int maxInstances;
  private final @Nullable String nextToken;

  private DescribeInstances(
      Map<String, String> filters, int pageSize, int maxInstances, @Nullable String nextToken) {
    this.filters = filters;
    this.pageSize = pageSize;
    this.maxInstances = maxInstances;
    this.nextToken = nextToken;
  }

  /** Returns a builder of a request for all instances. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns a request for the instances with these ids.
   *
   * @throws IllegalArgumentException if there are none or more than {@value #MAX_PAGE}
   */
  public static DescribeInstances ofIds(Collection<InstanceId> ids) {
    return builder().instanceIds(ids).build();
  }

  /** Returns the same request for the page of {@code nextToken}. */
  public DescribeInstances withNextToken(String nextToken) {
    return new DescribeInstances(filters, pageSize, maxInstances, nextToken);
  }

  /** Returns the ids that the request names; empty if it matches instances by other filters. */
  public Set<String> instanceIds() {
    return filters.entrySet().stream()
        .filter(filter -> filter.getKey().startsWith(IDS))
        .map(Map.Entry::getValue)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Returns the most instances that a list of all pages may have. */
  public int maxInstances() {
    return maxInstances;
  }

  @Override
  public String action() {
    return "DescribeInstances";
  }

  @Override
  public Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>(filters);
    parameters.put("MaxResults", Integer.toString(pageSize));
    if (nextToken != null) {
      parameters.put("NextToken", nextToken);
    }
    return parameters;
  }

  @Override
  public Idempotency idempotency() {
    return Idempotency.READ;
  }

  @Override
  public Page decode(Reply reply) {
    Page page = reply.received(Page.class);
    UnaryOperator<String> mask = reply::value;
    List<Instance> shown = null;
    for (int i = 0; i < page.instances().size(); i++) {
      Instance received = page.instances().get(i);
      Instance masked = received.masked(mask, filters::containsValue);
      if (!masked.equals(received)) {
        shown = shown == null ? new ArrayList<>(page.instances()) : shown;
        shown.set(i, masked);
      }
    }
    return shown == null ? page : new Page(shown, page.nextToken(), page.totalCount());
  }

  /** Without the page's token, which the service chose. */
  @Override
  public String toString() {
    Map<String, String> parameters = parameters();
    parameters.computeIfPresent("NextToken", (name, token) -> Text.lengthOf(token));
    return "DescribeInstances" + parameters;
  }

  /** Builds a request; an instance must match all filters. Not thread-safe. */
  public static final class Builder {

    private final Map<String, String> filters = new LinkedHashMap<>();
    private int tagFilters;
    private int pageSize = MAX_PAGE;
    private int maxInstances = DEFAULT_MAX_INSTANCES;

    private Builder() {}

    /**
     * Adds a filter: only instances with these ids. Default: all.
     *
     * @throws IllegalArgumentException if there are no ids or more than {@value #MAX_PAGE}
     */
    public Builder instanceIds(Collection<InstanceId> ids) {
      Objects.requireNonNull(ids, "ids");
      if (ids.isEmpty() || ids.size() > MAX_PAGE) {
        throw new IllegalArgumentException(
            "InstanceIds must have 1 to " + MAX_PAGE + " entries, has " + ids.size());
      }
      List<InstanceId> ordered = new ArrayList<>(ids);
      for (int i = 0; i < ordered.size(); i++) {
        filters.put(IDS + (i + 1), ordered.get(i).value());
      }
      return this;
    }

    /**
     * Adds a filter: only instances in this status, as the service writes it. Default: all.
     *
     * @throws IllegalArgumentException if {@code status} is blank
     */
    public Builder status(String status) {
      return filter("Status", status);
    }

    /**
     * Adds a filter: only instances in this zone. Default: all.
     *
     * @throws IllegalArgumentException if {@code zoneId} is blank
     */
    public Builder zoneId(String zoneId) {
      return filter("ZoneId", zoneId);
    }

    /**
     * Adds a filter: only instances in this VPC. Default: all.
     *
     * @throws IllegalArgumentException if {@code vpcId} is blank
     */
    public Builder vpcId(String vpcId) {
      return filter("VpcId", vpcId);
    }

    /**
     * Adds a filter: only instances in this project. Default: all.
     *
     * @throws IllegalArgumentException if {@code projectName} is blank
     */
    public Builder projectName(String projectName) {
      return filter("ProjectName", projectName);
    }

    /**
     * Adds a filter: only instances with this tag, in one of the values if any are given. Default:
     * all.
     *
     * @throws IllegalArgumentException if {@code key} is blank, there are more than 3 values, or 10
     *     such filters were added before
     */
    public Builder tag(String key, String... values) {
      Objects.requireNonNull(values, "values");
      if (tagFilters == MAX_TAG_FILTERS) {
        throw new IllegalArgumentException(
            "TagFilters must have at most " + MAX_TAG_FILTERS + " entries");
      }
      if (values.length > MAX_TAG_VALUES) {
        throw new IllegalArgumentException(
            "TagFilters.Values must have at most "
                + MAX_TAG_VALUES
                + " entries, has "
                + values.length);
      }
      String prefix = "TagFilters." + ++tagFilters + ".";
      filter(prefix + "Key", key);
      for (int i = 0; i < values.length; i++) {
        filters.put(prefix + "Values." + (i + 1), values[i]);
      }
      return this;
    }

    /**
     * Sets the number of instances per page. Default: {@value #MAX_PAGE}.
     *
     * @throws IllegalArgumentException if {@code pageSize} is not 1 to {@value #MAX_PAGE}
     */
    public Builder pageSize(int pageSize) {
      if (pageSize < 1 || pageSize > MAX_PAGE) {
        throw new IllegalArgumentException(
            "MaxResults must be 1 to " + MAX_PAGE + ", was " + pageSize);
      }
      this.pageSize = pageSize;
      return this;
    }

    /**
     * Sets the most instances that a list of all pages may have. A longer one ends with an error:
     * the memory of who collects a list that never ends is full at some time. Default: {@value
     * #DEFAULT_MAX_INSTANCES}.
     *
     * @throws IllegalArgumentException if {@code maxInstances} is not positive
     */
    public Builder maxInstances(int maxInstances) {
      if (maxInstances < 1) {
        throw new IllegalArgumentException("maxInstances must be at least 1, was " + maxInstances);
      }
      this.maxInstances = maxInstances;
      return this;
    }

    private Builder filter(String name, String value) {
      Objects.requireNonNull(value, name);
      if (value.isBlank()) {
        throw new IllegalArgumentException(name + " must not be blank");
      }
      filters.put(name, value);
      return this;
    }

    /** Returns the request. */
    public DescribeInstances build() {
      return new DescribeInstances(new LinkedHashMap<>(filters), pageSize, maxInstances, null);
    }
  }
}
