package io.fleetstop.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An instance as {@code DescribeInstances} returns it (docs/6396/70466). Only the accessors are
 * stable: components may be added. Its texts have at most {@value #MAX_TEXT} characters, which is
 * as much as the service allows: of a longer one the first are kept, with an ellipsis.
 *
 * @param instanceId the id
 * @param instanceName the name, or {@code null} if the reply has none
 * @param status the status as the service writes it, known or not; empty if the reply has none
 * @param stoppedMode how a stopped instance is billed, or {@code null}
 * @param instanceTypeId the type, or {@code null}
 * @param instanceChargeType {@code PostPaid} or {@code PrePaid}, or {@code null}
 * @param zoneId the zone, or {@code null}
 * @param vpcId the network, or {@code null}
 * @param projectName the project, or {@code null}
 * @param createdAt when it was created, as the service writes it, or {@code null}
 * @param updatedAt when it was last changed, as the service writes it, or {@code null}
 * @param tags its tags, empty if the reply has none
 */
public record Instance(
    String instanceId,
    @Nullable String instanceName,
    String status,
    @Nullable String stoppedMode,
    @Nullable String instanceTypeId,
    @Nullable String instanceChargeType,
    @Nullable String zoneId,
    @Nullable String vpcId,
    @Nullable String projectName,
    @Nullable String createdAt,
    @Nullable String updatedAt,
    List<Tag> tags) {

  /** The longest text that is kept, in characters. */
  public static final int MAX_TEXT = 256;

  /** What stands in a text of the service for a secret that it held. */
  private static final String MASK = "***";

  /** The known statuses. */
  public enum State {
    RUNNING,
    STOPPED,
    STOPPING,
    STARTING,
    REBOOTING,
    REBUILDING,
    RESIZING,
    CREATING,
    ERROR,
    DELETING,
    /** A status that fleetstop does not know; {@link Instance#status()} has it. */
    UNRECOGNIZED;

    /** Whether the state passes by itself to one in which the instance can be stopped. */
    public boolean isPassing() {
      return switch (this) {
        case STARTING, REBOOTING, REBUILDING, RESIZING, CREATING -> true;
        default -> false;
      };
    }
  }

  /**
   * A tag of an instance.
   *
   * @param key the key, empty if it has none
   * @param value the value, empty if it has none
   */
  public record Tag(String key, String value) {

    /** An absent key or value becomes an empty one. */
    @SuppressWarnings({"ConstantValue", "NullAway"})
    public Tag {
      key = key == null ? "" : shortened(key);
      value = value == null ? "" : shortened(value);
    }
  }

  /**
   * Requires an id. An absent status becomes an empty one, absent tags an empty list, and an absent
   * entry of the list is left out.
   */
  @SuppressWarnings({"ConstantValue", "NullAway"})
  public Instance {
    if (instanceId == null) {
      throw new IllegalArgumentException("an instance must have an InstanceId");
    }
    instanceId = shortened(instanceId);
    instanceName = shortened(instanceName);
    status = status == null ? "" : shortened(status);
    stoppedMode = shortened(stoppedMode);
    instanceTypeId = shortened(instanceTypeId);
    instanceChargeType = shortened(instanceChargeType);
    zoneId = shortened(zoneId);
    vpcId = shortened(vpcId);
    projectName = shortened(projectName);
    createdAt = shortened(createdAt);
    updatedAt = shortened(updatedAt);
    tags = tags == null ? List.of() : tags.stream().filter(Objects::nonNull).toList();
  }

  /** In place of the tags of a record that cannot be read. No service lists a tag without a key. */
  private static final List<Tag> UNREADABLE = List.of(new Tag("", "unreadable"));

  /**
   * Returns an instance whose record cannot be read. It has no status, and every tag may protect
   * it.
   *
   * @param instanceId the id, empty if the record has none
   */
  public static Instance unreadable(String instanceId) {
    return new Instance(
        instanceId, null, "", null, null, null, null, null, null, null, null, UNREADABLE);
  }

  /** Whether the service listed the instance with a record that cannot be read. */
  public boolean hasUnreadableRecord() {
    return tags.containsAll(UNREADABLE);
  }

  /**
   * The value of the tag with this key, empty if it has none, or {@code null} without such a tag.
   */
  public @Nullable String tag(String key) {
    for (Tag tag : tags) {
      if (key.equals(tag.key())) {
        return tag.value();
      }
    }
    return null;
  }

  /**
   * Whether the instance has a tag that protects it from being stopped. The case of key and value
   * does not matter, and one of several tags with the same key is enough: in doubt, and if its
   * record {@linkplain #hasUnreadableRecord() cannot be read}, the instance is protected. A tag
   * that holds a part of the client's credentials is in doubt where that part is masked.
   *
   * @param value the value that protects, or {@code null} if every value does
   */
  public boolean isProtectedBy(String key, @Nullable String value) {
    return hasUnreadableRecord()
        || tags.stream()
            .anyMatch(tag -> mayBe(tag.key(), key) && (value == null || mayBe(tag.value(), value)));
  }

  /** Whether a text of the service was {@code wanted} before a secret in it was masked. */
  private static boolean mayBe(String text, String wanted) {
    int first = text.indexOf(MASK);
    if (first < 0) {
      return text.equalsIgnoreCase(wanted);
    }
    int after = text.length() - text.lastIndexOf(MASK) - MASK.length();
    return wanted.length() >= first + after
        && wanted.regionMatches(true, 0, text, 0, first)
        && wanted.regionMatches(true, wanted.length() - after, text, text.length() - after, after);
  }

  /** The {@link #status()} as a known state. */
  public State state() {
    for (State state : State.values()) {
      if (state.name().equals(status)) {
        return state;
      }
    }
    return State.UNRECOGNIZED;
  }

  /** Cuts no character in two. */
  @SuppressWarnings("NullAway") // null for null
  private static String shortened(@Nullable String text) {
    if (text == null || text.length() <= MAX_TEXT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MAX_TEXT - 1)) ? MAX_TEXT - 1 : MAX_TEXT;
    return text.substring(0, end) + '\u2026';
  }
}
