package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import org.jspecify.annotations.Nullable;

/** The state of one instance between its start and its outcome. Immutable. */
sealed interface StopState {

  StopFacts facts();

  /** Waits for a slot, or holds one and is not called yet. */
  record Ready(StopFacts facts) implements StopState {}

  /** A call is in progress. */
  record Calling(StopFacts facts) implements StopState {}

  /** Waits until it is called again, since {@code error} passes by itself. */
  record BackingOff(StopFacts facts, EcsException error) implements StopState {}

  /** Described before its first call, since an earlier run may have called it. */
  record DescribingFirst(StopFacts facts) implements StopState {}

  /** Described after {@code error}, whose meaning depends on the state of the instance. */
  record Resolving(StopFacts facts, EcsException error) implements StopState {}

  /** Described after an acceptance that may repeat the reply to an earlier run. */
  record Verifying(StopFacts facts) implements StopState {}

  /** Waits for the service to report the goal; {@code error} is the last one, if any. */
  record AwaitingGoal(StopFacts facts, @Nullable EcsException error) implements StopState {}

  /** Has its outcome, which no later event changes. */
  record Finished(StopFacts facts, StopStep.Finish outcome) implements StopState {}
}
