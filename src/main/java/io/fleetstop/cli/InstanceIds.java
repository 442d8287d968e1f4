package io.fleetstop.cli;

import io.fleetstop.model.InstanceId;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The instances that a command line names. */
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
}
