package io.fleetstop.cli;

import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The instances that a command line names, or the service lists. */
final class InstanceIds {

  private InstanceIds() {}

  /**
   * All of them, in order and without repetition, kept once: a million take some hundred megabytes.
   *
   * @throws CommandFailure if one of them cannot be an id, or a file cannot be read
   */
  static Set<InstanceId> read(List<String> words, List<String> files, InputStream stdin) {
    Set<InstanceId> ids = new LinkedHashSet<>();
    for (String word : words) {
      try {
        ids.add(InstanceId.of(word));
      } catch (IllegalArgumentException e) {
        throw CommandFailure.usage(e.getMessage());
      }
    }
    for (String file : files) {
      IdFile.read("--ids-file", file, stdin, ids::add);
    }
    return ids;
  }

  /**
   * The id of an instance that the service lists.
   *
   * @throws CommandFailure if it cannot be one: in a shell, or in a file of ids, it might be taken
   *     for something else
   */
  static InstanceId listed(Instance instance) {
    try {
      return InstanceId.of(instance.instanceId());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.unanswered("the service lists what cannot be: " + e.getMessage());
    }
  }
}
