package io.fleetstop.cli.select;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What a run is about to do. */
public interface RunPlan {

  /** Returns the lines of the question. */
  List<String> lines();

  /**
   * Returns the same as an object.
   *
   * @param waves the cumulative sizes of the waves
   */
  ObjectNode toJson(List<Long> waves);
}
