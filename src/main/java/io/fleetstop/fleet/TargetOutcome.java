package io.fleetstop.fleet;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The outcome of one instance of a run over several targets. Only the accessors are stable:
 * components may be added.
 *
 * @param target where the instance is
 * @param outcome its outcome
 */
public record TargetOutcome(Target target, ShutdownOutcome outcome) {

  /** Returns the JSON object of the outcome, with the region and the account of the target. */
  @JsonValue
  public OutcomeJson toJson() {
    return outcome.toJson().in(target);
  }
}
