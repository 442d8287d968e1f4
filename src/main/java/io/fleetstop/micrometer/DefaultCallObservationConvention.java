package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.micrometer.FleetstopObservation.HighCardinality;
import io.fleetstop.micrometer.FleetstopObservation.LowCardinality;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import org.jspecify.annotations.Nullable;

/** The names and values that {@link FleetstopObservation} documents. */
public class DefaultCallObservationConvention implements CallObservationConvention {

  /** The shared instance. */
  public static final DefaultCallObservationConvention INSTANCE =
      new DefaultCallObservationConvention();

  /** For subclasses. */
  protected DefaultCallObservationConvention() {}

  @Override
  public String getName() {
    return FleetstopObservation.CALL.getName();
  }

  @Override
  public String getContextualName(CallObservationContext context) {
    return context.subject().service() + " " + context.subject().action();
  }

  @Override
  public KeyValues getLowCardinalityKeyValues(CallObservationContext context) {
    EcsException failure = context.failure();
    return KeyValues.of(
        LowCardinality.ACTION.withValue(context.subject().action()),
        LowCardinality.REGION.withValue(context.subject().region()),
        LowCardinality.OUTCOME.withValue(outcome(context, failure)),
        errorCode(failure == null ? null : failure.errorCode()),
        status(context.httpStatus()));
  }

  @Override
  public KeyValues getHighCardinalityKeyValues(CallObservationContext context) {
    KeyValues values =
        KeyValues.of(HighCardinality.ATTEMPTS.withValue(String.valueOf(context.attempts())));
    String instanceId = context.subject().instanceId();
    if (instanceId != null) {
      values = values.and(HighCardinality.INSTANCE_ID.withValue(instanceId));
    } else if (context.subject().instances() > 0) {
      values =
          values.and(
              HighCardinality.INSTANCES.withValue(String.valueOf(context.subject().instances())));
    }
    String requestId = context.requestId();
    if (requestId != null) {
      values = values.and(HighCardinality.REQUEST_ID.withValue(requestId));
    }
    EcsException failure = context.failure();
    Delivery delivery = failure == null ? context.cancelledAt() : failure.delivery();
    return delivery == null
        ? values
        : values.and(HighCardinality.DELIVERY.withValue(delivery.name()));
  }

  /** A service, or a proxy in its place, may return an unbounded number of codes. */
  static KeyValue errorCode(@Nullable ErrorCode code) {
    if (code == null) {
      return LowCardinality.ERROR_CODE.withNoneValue();
    }
    return LowCardinality.ERROR_CODE.withValue(
        code.scope() == Scope.UNDOCUMENTED ? "other" : code.code());
  }

  private static String outcome(CallObservationContext context, @Nullable EcsException failure) {
    if (failure != null) {
      return failure.category().name();
    }
    if (context.isSucceeded()) {
      return "SUCCESS";
    }
    return context.cancelledAt() == null ? "RUNNING" : "CANCELLED";
  }

  private static KeyValue status(@Nullable Integer status) {
    return status == null
        ? LowCardinality.STATUS.withNoneValue()
        : LowCardinality.STATUS.withValue(status.toString());
  }
}
