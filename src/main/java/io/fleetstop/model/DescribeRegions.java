package io.fleetstop.model;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code DescribeRegions} action: one page of the regions that the account can use.
 *
 * <pre>{@code
 * Flux<String> regions =
 *     client
 *         .call(DescribeRegions.first())
 *         .expand(page -> page.isLast() ? Mono.empty() : client.call(page.next()))
 *         .flatMapIterable(DescribeRegions.Page::regionIds);
 * }</pre>
 *
 * @param nextToken the token of the page, empty for the first one
 */
public record DescribeRegions(String nextToken) implements EcsAction<DescribeRegions.Page> {

  private static final String MAX_RESULTS = "100";

  /** Too short for a secret, so a word of this form is never masked. */
  private static final Pattern REGION_ID = Pattern.compile("[a-z]{2,3}(-[a-z0-9]{1,12}){1,3}");

  /** The {@code Result} of a reply. */
  record Reply(@Nullable List<Region> regions, @Nullable String nextToken) {}

  /** One region of a reply. */
  record Region(@Nullable String regionId) {}

  /**
   * One page.
   *
   * @param regionIds the ids of the regions, for example {@code cn-beijing}
   * @param nextToken the token of the next page; empty on the last
   */
  public record Page(List<String> regionIds, String nextToken) {

    /** Copies the list. */
    public Page {
      regionIds = List.copyOf(regionIds);
    }

    /** Without the token: it is sent back as it is, so nothing is masked in it. */
    @Override
    public String toString() {
      return "Page[regionIds=" + regionIds + ", nextToken=" + Text.lengthOf(nextToken) + "]";
    }

    /** Whether no page follows. */
    public boolean isLast() {
      return nextToken.isEmpty();
    }

    /** Returns the request for the next page. */
    public DescribeRegions next() {
      return new DescribeRegions(nextToken);
    }
  }

  /** Returns the request for the first page. */
  public static DescribeRegions first() {
    return new DescribeRegions("");
  }

  @Override
  public String action() {
    return "DescribeRegions";
  }

  @Override
  public Map<String, String> parameters() {
    return nextToken.isEmpty()
        ? Map.of("MaxResults", MAX_RESULTS)
        : Map.of("MaxResults", MAX_RESULTS, "NextToken", nextToken);
  }

  /** Without the page's token, which the service chose. */
  @Override
  public String toString() {
    return "DescribeRegions[nextToken=" + Text.lengthOf(nextToken) + "]";
  }

  @Override
  public Idempotency idempotency() {
    return Idempotency.READ;
  }

  @Override
  public Page decode(EcsAction.Reply reply) {
    Reply result = reply.received(Reply.class);
    List<Region> regions = Objects.requireNonNullElse(result.regions(), List.of());
    return new Page(
        regions.stream()
            .map(Region::regionId)
            .filter(Objects::nonNull)
            .map(id -> REGION_ID.matcher(id).matches() ? id : reply.identifier(id))
            .toList(),
        Objects.requireNonNullElse(result.nextToken(), ""));
  }
}
