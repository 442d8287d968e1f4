package io.fleetstop.redis;

import java.util.List;

/** The keys of a shared run: all in one slot of a cluster. */
final class RunKeys {

  private final String prefix;

  RunKeys(String runId) {
    this.prefix = "fleetstop:{" + escaped(runId) + "}";
  }

  /** Braces would end the part that names the slot. Different names stay different. */
  static String escaped(String name) {
    return name.replace("%", "%25").replace("{", "%7B").replace("}", "%7D");
  }

  /** Returns all keys, in the order of the scripts. */
  List<String> all() {
    return List.of(
        head(),
        prefix + ":todo",
        open(),
        outcomes(),
        prefix + ":workers",
        prefix + ":replies",
        prefix + ":awaited",
        prefix + ":orphans");
  }

  /** Returns the key of a hash: parameters, state and counts. */
  String head() {
    return prefix;
  }

  /** Returns the key of a hash: instance id to worker and whether it may have been called. */
  String open() {
    return prefix + ":open";
  }

  /** Returns the key of a stream: one entry for each instance that has its outcome. */
  String outcomes() {
    return prefix + ":outcomes";
  }
}
