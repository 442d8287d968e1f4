package io.fleetstop.micrometer;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * What an observed call is called, and what is told of it. {@link DefaultCallObservationConvention}
 * is used unless there is another, given to {@link ObservationCallListener} or to the registry.
 */
public interface CallObservationConvention extends ObservationConvention<CallObservationContext> {

  @Override
  default boolean supportsContext(Observation.Context context) {
    return context instanceof CallObservationContext;
  }
}
