package io.fleetstop.fleet;

import io.fleetstop.model.Instance;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which instances a run must not stop.
 *
 * @param tag the key of the tag that protects an instance; empty if none does
 * @param exclusion matches the instances that are excluded; {@code null} if none is
 * @param stopIfUnreadable whether an instance is stopped if its tags cannot be read
 */
record Protection(String tag, @Nullable Predicate<Instance> exclusion, boolean stopIfUnreadable) {

  private static final int MAX_TAG_KEY = 128;

  Protection {
    Objects.requireNonNull(tag, "key of protectTag");
    if (tag.length() > MAX_TAG_KEY || !tag.equals(tag.strip())) {
      throw new IllegalArgumentException(
          "protectTag must be empty or a tag key of at most "
              + MAX_TAG_KEY
              + " characters without white space around it, has "
              + tag.length());
    }
  }

  Protection alsoExcluding(Predicate<Instance> further) {
    return new Protection(
        tag, exclusion == null ? further : exclusion.or(further), stopIfUnreadable);
  }

  /** Whether the exclusion matches the instance. */
  boolean excludes(Instance instance) {
    return exclusion != null && exclusion.test(instance.received());
  }

  /** Whether each instance is described before it is called. */
  boolean isRequired() {
    return !tag.isEmpty() || exclusion != null;
  }
}
