package io.fleetstop.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An instance as {@code DescribeInstances} returns it (docs/6396/70466). Only the accessors are
 * stable: components may be added. Its texts have at most {@value #MAX_TEXT} characters, which is
 * as much as the service allows: of a longer one the first are kept, with an ellipsis. A client
 * masks what they hold of its credentials; {@link #received()} has them as they were sent.
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

  /** An id of the service has 20 characters. In one of this form no secret is looked for. */
  private static final int MAX_ID = 22;

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
    tags =
        tags instanceof MaskedTags
            ? tags
            : tags == null ? List.of() : tags.stream().filter(Objects::nonNull).toList();
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
   * record {@linkplain #hasUnreadableRecord() cannot be read}, the instance is protected. Decided
   * by the tags as {@linkplain #received() received}.
   *
   * @param value the value that protects, or {@code null} if every value does
   */
  public boolean isProtectedBy(String key, @Nullable String value) {
    return hasUnreadableRecord()
        || received().tags.stream()
            .anyMatch(
                tag ->
                    tag.key().equalsIgnoreCase(key)
                        && (value == null || tag.value().equalsIgnoreCase(value)));
  }

  /**
   * Returns the instance with its texts as the service sent them. The texts of the instance that a
   * client returns are masked where they hold a part of its credentials; but who issues those may
   * choose a token that holds any word, the value of a tag for example. Decide by this instance,
   * and show the other one only.
   */
  public Instance received() {
    return tags instanceof MaskedTags masked ? masked.received() : this;
  }

  /** Returns the instance with the tags that an earlier description of it has, and its own. */
  public Instance withTagsOf(Instance before) {
    List<Tag> both = Stream.concat(before.tags.stream(), tags.stream()).distinct().toList();
    return tags instanceof MaskedTags || before.tags instanceof MaskedTags
        ? with(new MaskedTags(both, received().withTagsOf(before.received())))
        : with(both);
  }

  private Instance with(List<Tag> tags) {
    return new Instance(
        instanceId,
        instanceName,
        status,
        stoppedMode,
        instanceTypeId,
        instanceChargeType,
        zoneId,
        vpcId,
        projectName,
        createdAt,
        updatedAt,
        tags);
  }

  /**
   * Returns the instance as it may be shown: itself, if {@code mask} changes no text of it. The id
   * is kept if it has the form of the service's ids or was requested: it is sent back.
   */
  Instance masked(UnaryOperator<String> mask, Predicate<String> isRequested) {
    String id = instanceId;
    if (isChanged(id, mask) && !isOfService(id) && !isRequested.test(id)) {
      id = mask.apply(id);
    } else if (!isAnyChanged(mask)) {
      return this;
    }
    List<Tag> shown = new ArrayList<>(tags.size());
    for (Tag tag : tags) {
      shown.add(new Tag(mask.apply(tag.key()), mask.apply(tag.value())));
    }
    return new Instance(
        id,
        changed(instanceName, mask),
        mask.apply(status),
        changed(stoppedMode, mask),
        changed(instanceTypeId, mask),
        changed(instanceChargeType, mask),
        changed(zoneId, mask),
        changed(vpcId, mask),
        changed(projectName, mask),
        changed(createdAt, mask),
        changed(updatedAt, mask),
        new MaskedTags(shown, this));
  }

  private boolean isAnyChanged(UnaryOperator<String> mask) {
    for (int i = 0; i < tags.size(); i++) {
      if (isChanged(tags.get(i).key(), mask) || isChanged(tags.get(i).value(), mask)) {
        return true;
      }
    }
    return isChanged(instanceName, mask)
        || isChanged(status, mask)
        || isChanged(stoppedMode, mask)
        || isChanged(instanceTypeId, mask)
        || isChanged(instanceChargeType, mask)
        || isChanged(zoneId, mask)
        || isChanged(vpcId, mask)
        || isChanged(projectName, mask)
        || isChanged(createdAt, mask)
        || isChanged(updatedAt, mask);
  }

  private static boolean isChanged(@Nullable String text, UnaryOperator<String> mask) {
    return text != null && !mask.apply(text).equals(text);
  }

  private static @Nullable String changed(@Nullable String text, UnaryOperator<String> mask) {
    return text == null ? null : mask.apply(text);
  }

  private static boolean isOfService(String id) {
    boolean usual = id.startsWith("i-") && id.length() <= MAX_ID;
    for (int i = 2; usual && i < id.length(); i++) {
      char c = id.charAt(i);
      usual = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }
    return usual;
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
