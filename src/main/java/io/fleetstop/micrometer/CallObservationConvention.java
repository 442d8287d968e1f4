package io.fleetstop.micrometer;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * The names and key values of an observed call. Default: {@link DefaultCallObservationConvention},
 * unless another convention is given to {@link ObservationCallListener} or to the registry.
 */
public interface CallObservationConvention extends ObservationConvention<CallObservationContext> {

  @Override
  default boolean supportsContext(Observation.Context context) {
    return context instanceof CallObservationContext;
  }
}
