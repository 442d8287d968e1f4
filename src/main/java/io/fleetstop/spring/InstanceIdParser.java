package io.fleetstop.spring;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses the instance ids of a request. */
public final class InstanceIdParser {

  private InstanceIdParser() {}

  /**
   * Returns the ids, in their order.
   *
   * @throws InvalidInstanceIdsException if at least one is malformed; as the response of a WebFlux
   *     controller it is status 400 with a problem detail that names the first ten of them
   */
  public static List<InstanceId> parse(Collection<? extends @Nullable String> ids) {
    List<InstanceId> valid = new ArrayList<>(ids.size());
    List<String> named = new ArrayList<>();
    int invalid = 0;
    for (@Nullable String id : ids) {
      String text = id == null ? "" : id;
      try {
        valid.add(InstanceId.of(text));
      } catch (IllegalArgumentException e) {
        invalid++;
        if (named.size() < InvalidInstanceIdsException.NAMED) {
          named.add(text);
        }
      }
    }
    if (invalid > 0) {
      throw new InvalidInstanceIdsException(invalid, ids.size(), named);
    }
    return valid;
  }
}
