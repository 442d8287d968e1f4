package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;

/** A reason, other than the status, why the service rejects stopping an instance. */
public enum Condition {
  /** Another operation holds the instance: {@code OperationDenied.ResourceLocked}. */
  LOCKED(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, false),
  /** An image of the instance is being created: {@code OperationDenied.InstanceIsCreatingImage}. */
  CREATING_IMAGE(EcsErrors.OPERATION_DENIED_INSTANCE_IS_CREATING_IMAGE, false),
  /** Another service owns the instance: {@code OperationDenied.ResourceCreatedByOtherService}. */
  CREATED_BY_OTHER_SERVICE(EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE, false),
  /** The dedicated host is unavailable: {@code InvalidDedicatedHostStatus.Unsupported}. */
  DEDICATED_HOST_UNAVAILABLE(EcsErrors.INVALID_DEDICATED_HOST_STATUS_UNSUPPORTED, false),
  /** The zone lacks capacity: {@code Insufficient.InstanceCapacity}. */
  SHORT_OF_CAPACITY(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY, false),
  /** The instance has the other stopped mode: {@code InvalidStoppedMode.Conflict}. */
  STOPPED_MODE_CONFLICT(EcsErrors.INVALID_STOPPED_MODE_CONFLICT, false),
  /**
   * An elastic reserved instance, rejects {@code StopCharging} only: {@code
   * InvalidStoppedModeForScheduledInstance.Unsupported}.
   */
  SCHEDULED(EcsErrors.INVALID_STOPPED_MODE_FOR_SCHEDULED_INSTANCE_UNSUPPORTED, true),
  /**
   * The instance type does not support {@code StopCharging}: {@code
   * InvalidStoppedMode.InstanceTypeMismatch}.
   */
  TYPE_KEEPS_CHARGING(EcsErrors.INVALID_STOPPED_MODE_INSTANCE_TYPE_MISMATCH, true);

  @SuppressWarnings("ImmutableEnumChecker") // a record of strings and numbers
  private final ErrorCode code;

  private final boolean stopChargingOnly;

  Condition(ErrorCode code, boolean stopChargingOnly) {
    this.code = code;
    this.stopChargingOnly = stopChargingOnly;
  }

  /** The error code of the rejected stop. */
  public ErrorCode code() {
    return code;
  }

  boolean rejectsStop(boolean stopCharging) {
    return stopCharging || !stopChargingOnly;
  }
}
