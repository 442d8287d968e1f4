package io.fleetstop.simulator;

import io.fleetstop.simulator.Gateway.OperationRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code DescribeRegions}: one page with all regions, or with those that the request names. */
final class RegionsOperation implements Gateway.Operation {

  private final List<String> regions;

  RegionsOperation(List<String> regions) {
    this.regions = List.copyOf(regions);
  }

  @Override
  public ObjectNode run(OperationRequest request) {
    Set<@Nullable String> named = new HashSet<>();
    for (String name : request.query().names()) {
      if (name.startsWith("RegionIds.")) {
        named.add(request.query().nonEmpty(name));
      }
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    ArrayNode listed = result.putArray("Regions");
    regions.stream()
        .filter(region -> named.isEmpty() || named.contains(region))
        .forEach(region -> listed.addObject().put("RegionId", region));
    return result.put("NextToken", "");
  }
}
