package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;

/** Something about an instance, other than its status, that keeps it from being stopped. */
public enum Condition {
  /** Another operation holds it: {@code OperationDenied.ResourceLocked}. */
  LOCKED(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, false),
  /** An image is being made of it: {@code OperationDenied.InstanceIsCreatingImage}. */
  CREATING_IMAGE(EcsErrors.OPERATION_DENIED_INSTANCE_IS_CREATING_IMAGE, false),
  /** Another service owns it: {@code OperationDenied.ResourceCreatedByOtherService}. */
  CREATED_BY_OTHER_SERVICE(EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE, false),
  /** Its dedicated host is out of order: {@code InvalidDedicatedHostStatus.Unsupported}. */
  DEDICATED_HOST_UNAVAILABLE(EcsErrors.INVALID_DEDICATED_HOST_STATUS_UNSUPPORTED, false),
  /** Its zone lacks resources: {@code Insufficient.InstanceCapacity}. */
  SHORT_OF_CAPACITY(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY, false),
  /** It holds the other stopped mode: {@code InvalidStoppedMode.Conflict}. */
  STOPPED_MODE_CONFLICT(EcsErrors.INVALID_STOPPED_MODE_CONFLICT, false),
  /**
   * It is an elastic reserved one: {@code InvalidStoppedModeForScheduledInstance.Unsupported} to
   * {@code StopCharging} only.
   */
  SCHEDULED(EcsErrors.INVALID_STOPPED_MODE_FOR_SCHEDULED_INSTANCE_UNSUPPORTED, true),
  /**
   * Its type cannot end charging: {@code InvalidStoppedMode.InstanceTypeMismatch} to {@code
   * StopCharging} only.
   */
  TYPE_KEEPS_CHARGING(EcsErrors.INVALID_STOPPED_MODE_INSTANCE_TYPE_MISMATCH, true);

  @SuppressWarnings("ImmutableEnumChecker") // a record of strings and numbers
  private final ErrorCode code;

  private final boolean stopChargingOnly;

  Condition(ErrorCode code, boolean stopChargingOnly) {
    this.code = code;
    this.stopChargingOnly = stopChargingOnly;
  }

  /** What a stop is refused with. */
  public ErrorCode code() {
    return code;
  }

  boolean refuses(boolean stopCharging) {
    return stopCharging || !stopChargingOnly;
  }
}
