package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.model.DescribeInstances;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code DescribeInstances}. Filters that are not simulated are refused: ignoring one would show
 * more instances than were asked for, and the caller would go on to stop them.
 */
final class DescribeOperation implements Operation {

  private static final int DEFAULT_RESULTS = 10;
  private static final String TOKEN_PREFIX = "after:";

  @Override
  public ObjectNode run(GatewayRequest call) {
    InstanceFilter filter = InstanceFilter.of(call.query());
    int limit = limit(call.query());
    int after = after(call.query());
    List<InstanceRuntime> page = new ArrayList<>();
    int total = 0;
    boolean more = false;
    for (InstanceRuntime machine : candidates(call, filter)) {
      if (filter.passes(machine, call.now())) {
        total++;
        if (machine.position() > after) {
          if (page.size() < limit) {
            page.add(machine);
          } else {
            more = true;
          }
        }
      }
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    ArrayNode instances = result.putArray("Instances");
    for (InstanceRuntime machine : page) {
      write(machine, call.now(), instances.addObject());
    }
    result.put("NextToken", more ? token(page.get(page.size() - 1)) : "");
    result.put("TotalCount", total);
    return result;
  }

  private static Collection<InstanceRuntime> candidates(
      GatewayRequest call, InstanceFilter filter) {
    if (filter.ids().isEmpty()) {
      return call.fleet().all();
    }
    List<InstanceRuntime> named = new ArrayList<>();
    for (String id : filter.ids()) {
      InstanceRuntime machine = call.fleet().find(id, call.now());
      if (machine != null) {
        named.add(machine);
      }
    }
    named.sort(Comparator.comparingInt(InstanceRuntime::position));
    return named;
  }

  private static int limit(RequestQuery query) {
    String value = query.nonEmpty("MaxResults");
    int limit = value == null ? DEFAULT_RESULTS : number(value);
    if (limit < 1 || limit > DescribeInstances.MAX_PAGE) {
      throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
    }
    return limit;
  }

  private static int after(RequestQuery query) {
    String value = query.nonEmpty("NextToken");
    if (value == null) {
      return 0;
    }
    try {
      String token = new String(Base64.getUrlDecoder().decode(value), StandardCharsets.US_ASCII);
      if (token.startsWith(TOKEN_PREFIX)) {
        return number(token.substring(TOKEN_PREFIX.length()));
      }
    } catch (IllegalArgumentException e) {
      // Falls through: a token that is not Base64 is as wrong as one that we did not make.
    }
    throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
  }

  private static String token(InstanceRuntime last) {
    byte[] token = (TOKEN_PREFIX + last.position()).getBytes(StandardCharsets.US_ASCII);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  private static int number(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
    }
  }

  private static void write(InstanceRuntime machine, long now, ObjectNode node) {
    SimulatedInstance spec = machine.spec();
    InstanceRuntime.Phase phase = machine.phase(now);
    node.put("InstanceId", spec.id());
    node.put("InstanceName", spec.name());
    node.put("HostName", spec.id());
    node.put("Status", phase.status());
    @Nullable String mode = phase.stoppedMode();
    node.put("StoppedMode", mode == null ? "" : mode);
    node.put("InstanceTypeId", spec.instanceTypeId());
    node.put("InstanceChargeType", spec.chargeType());
    node.put("ZoneId", machine.zoneId());
    node.put("VpcId", spec.vpcId());
    node.put("ProjectName", spec.projectName());
    node.put("CreatedAt", "2025-01-01T00:00:00+08:00");
    node.put("Cpus", 2);
    node.put("MemorySize", 8192);
    ArrayNode tags = node.putArray("Tags");
    for (Map.Entry<String, String> tag : new TreeMap<>(spec.tags()).entrySet()) {
      tags.addObject().put("Key", tag.getKey()).put("Value", tag.getValue());
    }
  }
}
