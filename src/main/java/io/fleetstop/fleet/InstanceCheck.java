package io.fleetstop.fleet;

import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import org.jspecify.annotations.Nullable;

/** Decides by its description whether an instance is called that has not been called before. */
@FunctionalInterface
interface InstanceCheck {

  /** Calls every instance. */
  InstanceCheck NONE = (id, instance) -> null;

  /** Returns the outcome of an instance that is not called, or {@code null} if it is called. */
  @Nullable ShutdownOutcome outcomeOf(InstanceId id, Instance instance);
}
