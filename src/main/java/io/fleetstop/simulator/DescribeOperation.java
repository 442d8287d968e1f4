package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.simulator.Gateway.OperationRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code DescribeInstances}. Unsupported filters are rejected: ignoring one would return instances
 * that the caller did not ask for and might stop.
 */
final class DescribeOperation implements Gateway.Operation {

  private static final int DEFAULT_RESULTS = 10;
  private static final List<String> EMPTY_TEXTS =
      List.of(
          "KeyPairId",
          "KeyPairName",
          "ElasticScheduledInstanceType",
          "ScheduledInstanceId",
          "DeploymentSetId",
          "AffinityGroupId",
          "HpcClusterId");
  private static final String CREATED_AT = "2025-01-01T00:00:00+08:00";
  private static final ZoneOffset ZONE = ZoneOffset.ofHours(8);
  private static final Pattern TOKEN = Pattern.compile("after:([0-9]+)/([0-9]+)");
  private static final int UNKNOWN = -1;

  /**
   * Where a page starts.
   *
   * @param after the position of the last instance of the previous page
   * @param total the number of instances when the list was started; unknown on its first page
   */
  private record Position(int after, int total) {}

  private final InstantSource clock;

  DescribeOperation(InstantSource clock) {
    this.clock = clock;
  }

  /** {@code DescribeRegions}: one page with all regions, or with those that the request names. */
  static Gateway.Operation regions(List<String> regions) {
    return request -> {
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
    };
  }

  @Override
  public ObjectNode run(OperationRequest request) {
    InstanceFilter filter = InstanceFilter.of(request.query());
    int limit = limit(request.query());
    Position start = start(request.query());
    List<InstanceRuntime> page = new ArrayList<>();
    int total = 0;
    boolean more = false;
    for (InstanceRuntime instance : candidates(request, filter, start)) {
      if (more && start.total() != UNKNOWN) {
        break;
      }
      if (filter.matches(instance, request.now())) {
        total++;
        if (instance.position() > start.after()) {
          if (page.size() < limit) {
            page.add(instance);
          } else {
            more = true;
          }
        }
      }
    }
    if (start.total() != UNKNOWN) {
      total = start.total();
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    ArrayNode instances = result.putArray("Instances");
    for (InstanceRuntime instance : page) {
      write(instance, request.now(), instances.addObject());
    }
    result.put("NextToken", more ? token(page.get(page.size() - 1), total) : "");
    result.put("TotalCount", total);
    return result;
  }

  private static Collection<InstanceRuntime> candidates(
      OperationRequest request, InstanceFilter filter, Position start) {
    if (filter.ids().isEmpty()) {
      // With the total, a page takes as long as its instances, however many come before them.
      return request.fleet().after(start.total() == UNKNOWN ? 0 : start.after());
    }
    List<InstanceRuntime> named = new ArrayList<>();
    for (String id : filter.ids()) {
      InstanceRuntime instance = request.fleet().find(id, request.now());
      if (instance != null) {
        named.add(instance);
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

  private static Position start(RequestQuery query) {
    String value = query.nonEmpty("NextToken");
    if (value == null) {
      return new Position(0, UNKNOWN);
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(value), StandardCharsets.US_ASCII);
      Matcher token = TOKEN.matcher(text);
      if (token.matches()) {
        return new Position(number(token.group(1)), number(token.group(2)));
      }
    } catch (IllegalArgumentException e) {
      // Falls through: an undecodable token is rejected like an unknown one.
    }
    throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
  }

  private static String token(InstanceRuntime last, int total) {
    byte[] token = ("after:" + last.position() + "/" + total).getBytes(StandardCharsets.US_ASCII);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  private static int number(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
    }
  }

  private void write(InstanceRuntime instance, long now, ObjectNode node) {
    SimulatedInstance spec = instance.spec();
    InstanceRuntime.Phase phase = instance.phase(now);
    node.put("InstanceId", spec.id());
    node.put("InstanceName", spec.name());
    node.put("Description", "");
    node.put("HostName", spec.id());
    node.put("Hostname", spec.id());
    node.put("Uuid", UUID.nameUUIDFromBytes(spec.id().getBytes(StandardCharsets.UTF_8)).toString());
    node.put("Status", phase.status());
    @Nullable String mode = phase.stoppedMode();
    node.put("StoppedMode", mode == null ? "" : mode);
    node.put("InstanceTypeId", spec.instanceTypeId());
    node.put("InstanceChargeType", spec.chargeType());
    node.put("ZoneId", instance.zoneId());
    node.put("VpcId", spec.vpcId());
    node.put("ProjectName", spec.projectName());
    node.put("CreatedAt", CREATED_AT);
    node.put("UpdatedAt", wallTime(phase.since(), now));
    node.put("ExpiredAt", "");
    writeHardware(instance, node);
    writeNetwork(instance, node);
    ArrayNode tags = node.putArray("Tags");
    for (Map.Entry<String, String> tag : new TreeMap<>(spec.tags()).entrySet()) {
      tags.addObject().put("Key", tag.getKey()).put("Value", tag.getValue());
    }
  }

  private String wallTime(long then, long now) {
    Instant instant = clock.instant().minusNanos(now - then).truncatedTo(ChronoUnit.SECONDS);
    return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(instant.atOffset(ZONE));
  }

  // Typed clients dereference these fields, so the service always sends them.
  private static void writeHardware(InstanceRuntime instance, ObjectNode node) {
    node.put("Cpus", 2);
    node.put("MemorySize", 8192);
    node.putObject("CpuOptions")
        .put("CoreCount", 1)
        .put("ThreadsPerCore", 2)
        .put("TopologyType", "");
    node.put("ImageId", "image-sim01");
    node.put("OsName", "Ubuntu 24.04 64 bit");
    node.put("OsType", "Linux");
    node.put("SpotStrategy", "NoSpot");
    node.put("SpotPriceLimit", 0);
    node.putArray("Volumes").addObject().put("VolumeId", "vol-sim" + instance.position());
    node.putArray("LocalVolumes");
    node.putObject("Placement")
        .put("Affinity", "")
        .put("DedicatedHostClusterId", "")
        .put("DedicatedHostId", "")
        .put("Tenancy", "Default");
    for (String name : EMPTY_TEXTS) {
      node.put(name, "");
    }
    node.put("DeploymentSetGroupNumber", 0);
    node.put("DeletionProtection", false);
    node.putObject("MetadataOptions").put("HttpTokens", "optional");
  }

  private static void writeNetwork(InstanceRuntime instance, ObjectNode node) {
    int position = instance.position();
    node.putObject("EipAddress").put("AllocationId", "").put("IpAddress", "");
    ObjectNode primary = node.putArray("NetworkInterfaces").addObject();
    primary.put("NetworkInterfaceId", "eni-sim" + position);
    primary.put("Type", "primary");
    primary.put(
        "MacAddress",
        String.format(
            "00:16:3e:%02x:%02x:%02x",
            position >> 16 & 0xff, position >> 8 & 0xff, position & 0xff));
    primary.put(
        "PrimaryIpAddress",
        "172."
            + (16 + (position >> 16 & 0xf))
            + "."
            + (position >> 8 & 0xff)
            + "."
            + (position & 0xff));
    primary.putArray("Ipv6Addresses");
    primary.putArray("SecurityGroupIds").add("sg-sim01");
    primary.put("SubnetId", "subnet-sim01");
    primary.put("VpcId", instance.spec().vpcId());
    node.putArray("RdmaIpAddresses");
    node.putArray("RdmaNetworkInterfaceDetails");
    node.put("EnableJumboFrame", false);
  }
}
