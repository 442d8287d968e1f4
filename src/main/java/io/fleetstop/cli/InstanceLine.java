package io.fleetstop.cli;

import io.fleetstop.model.Instance;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** An instance as a line of a list. */
final class InstanceLine {

  private InstanceLine() {}

  /** The line above a list for people. */
  static String header() {
    return row("INSTANCE", "STATUS", "ZONE", "PROJECT", "NAME", "TAGS");
  }

  /** The line for people. */
  static String text(Instance instance) {
    String tags =
        instance.tags().stream()
            .map(tag -> new TagMatch(tag.key(), tag.value()).toString())
            .collect(Collectors.joining(", "));
    return row(
        instance.instanceId(),
        shown(instance.status()),
        shown(instance.zoneId()),
        shown(instance.projectName()),
        shown(instance.instanceName()),
        shown(tags));
  }

  private static String shown(@Nullable String text) {
    return text == null || text.isBlank() ? "-" : text;
  }

  private static String row(Object... columns) {
    // An instance is printed before the next page is known, so that no width can be measured.
    String row = String.format("%-22s  %-10s  %-15s  %-12s  %-20s  %s", columns);
    return TerminalText.escape(row).stripTrailing();
  }

  /** The JSON object for it, with every field there is. */
  static ObjectNode json(Instance instance) {
    ObjectNode object =
        JsonNodeFactory.instance
            .objectNode()
            .put("instanceId", instance.instanceId())
            .put("instanceName", instance.instanceName())
            .put("status", instance.status())
            .put("stoppedMode", instance.stoppedMode())
            .put("instanceTypeId", instance.instanceTypeId())
            .put("instanceChargeType", instance.instanceChargeType())
            .put("zoneId", instance.zoneId())
            .put("vpcId", instance.vpcId())
            .put("projectName", instance.projectName())
            .put("createdAt", instance.createdAt());
    ObjectNode tags = object.putObject("tags");
    instance.tags().forEach(tag -> tags.put(tag.key(), tag.value()));
    return object;
  }
}
