package io.fleetstop.cli;

import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.InputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which instances are left alone, and why.
 *
 * @param protectTag the tag that protects an instance, or {@code null} if none does
 * @param excluded why the instances are left alone that are left alone by name
 */
record Exemptions(@Nullable TagMatch protectTag, Map<InstanceId, String> excluded) {

  /** Reads the files of a command line. */
  static Exemptions read(StopArguments options, InputStream stdin) {
    Map<InstanceId, String> excluded = new HashMap<>();
    for (String file : options.exempt.files()) {
      String reason = "excluded by " + (file.equals(IdFile.STDIN) ? "stdin" : file);
      IdFile.read("--exclude-file", file, stdin, id -> excluded.putIfAbsent(id, reason));
    }
    return new Exemptions(options.exempt.tag(options.where.isSimulated()), excluded);
  }

  /**
   * Why an instance is left alone, or {@code null} if it is not.
   *
   * @param known what the service shows of it, or {@code null} if it was not asked or knows nothing
   */
  @Nullable String reason(InstanceId id, @Nullable Instance known) {
    String reason = excluded.get(id);
    if (reason != null) {
      return reason;
    }
    return known != null && isProtected(known) ? "protected by its tag " + protectTag : null;
  }

  /** Whether an instance has the tag that protects. */
  boolean isProtected(Instance known) {
    return protectTag != null && protectTag.isOn(known);
  }

  /** How many of the instances are not left alone by name. */
  long withoutExcluded(Collection<InstanceId> ids) {
    return ids.stream().filter(id -> !excluded.containsKey(id)).count();
  }
}
