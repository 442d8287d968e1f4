package io.fleetstop.cli.output;

import io.fleetstop.model.Instance;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a person knows an instance by, beside its id; empty where it is not known.
 *
 * @param name its name
 * @param zone its zone
 * @param tags its tags, as {@code key=value} with commas between them
 */
public record InstanceLabel(String name, String zone, String tags) {

  /** The label of an instance that was not described. */
  public static final InstanceLabel UNKNOWN = new InstanceLabel("", "", "");

  private static final int MAX_TEXT = 80;

  public static InstanceLabel of(@Nullable Instance instance) {
    if (instance == null) {
      return UNKNOWN;
    }
    String name = text(instance.instanceName());
    return new InstanceLabel(
        name.equals(instance.instanceId()) ? "" : name,
        text(instance.zoneId()).intern(),
        tags(instance));
  }

  /** Returns the tags of an instance as {@code key=value}, with commas between them. */
  public static String tags(Instance instance) {
    return instance.tags().stream()
        .map(tag -> tag.key() + "=" + tag.value())
        .collect(Collectors.joining(", "));
  }

  private static String text(@Nullable String text) {
    return text == null || text.isBlank() ? "" : text;
  }

  /** Returns the known parts for a line of text, shortened. */
  String inText() {
    String all =
        Stream.of(name, zone, tags)
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining(", "));
    return TerminalText.escape(shortened(all));
  }

  /** Returns the start of a text that would push the rest of a line off the screen. */
  static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= MAX_TEXT
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MAX_TEXT)) + "...";
  }
}
