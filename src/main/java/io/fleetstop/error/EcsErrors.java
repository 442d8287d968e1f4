package io.fleetstop.error;

import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The codes that ECS sends: those documented for {@code StopInstance} (docs/6396/70468) first, then
 * those seen across its actions.
 */
public final class EcsErrors {

  public static final ErrorCode INVALID_STOPPED_MODE_MALFORMED =
      stopInstance(
          "InvalidStoppedMode.Malformed",
          Category.REQUEST,
          400,
          "The specified StoppedMode is malformed.",
          "StoppedMode is not one of the accepted values (KeepCharging, StopCharging). Fix the request.");

  public static final ErrorCode INVALID_STOPPED_MODE_FOR_SCHEDULED_INSTANCE_UNSUPPORTED =
      stopInstance(
          "InvalidStoppedModeForScheduledInstance.Unsupported",
          Category.REQUEST,
          400,
          "The specified scheduled instance does not support stop charging.",
          "Elastic reserved (scheduled) instances cannot use StopCharging. Use KeepCharging for this instance.");

  public static final ErrorCode INVALID_DEDICATED_HOST_STATUS_UNSUPPORTED =
      stopInstance(
          "InvalidDedicatedHostStatus.Unsupported",
          Category.CONFLICT,
          400,
          "The status of the specified dedicated host does not support this request.",
          "The dedicated host carrying the instance is in a state that forbids this operation. How long that lasts is not documented; treat as needing a human.");

  public static final ErrorCode INVALID_CLIENT_TOKEN_MALFORMED =
      stopInstance(
          "InvalidClientToken.Malformed",
          Category.REQUEST,
          400,
          "The specified ClientToken is malformed.",
          "ClientToken is not plain ASCII or is longer than 64 characters.");

  public static final ErrorCode INVALID_ARGUMENT =
      stopInstance(
          "InvalidArgument",
          Category.REQUEST,
          400,
          "The specified argument is invalid.",
          "Generic bad parameter; the message does not name the parameter.");

  public static final ErrorCode IDEMPOTENT_PARAMETER_MISMATCH =
      stopInstance(
          "IdempotentParameterMismatch",
          Category.REQUEST,
          400,
          "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.",
          "The ClientToken was already used with other parameters. Use a new token; never retry as is.");

  public static final ErrorCode MISSING_PARAMETER_INSTANCE_ID =
      stopInstance(
          "MissingParameter.InstanceId",
          Category.REQUEST,
          400,
          "The required parameter InstanceId is not supplied.",
          "InstanceId was absent or empty.");

  public static final ErrorCode INVALID_INSTANCE_STATUS =
      stopInstance(
          "InvalidInstanceStatus",
          Category.STATE,
          400,
          "The status of the specified instance does not support this request.",
          "The instance is not in a stoppable state. Ambiguous by itself: call DescribeInstances and decide (STOPPED or STOPPING = goal met or being met; STARTING, REBOOTING, REBUILDING, RESIZING, CREATING = passes by itself; ERROR, DELETING = needs a human).");

  public static final ErrorCode INVALID_INSTANCE_NOT_FOUND =
      stopInstance(
          "InvalidInstance.NotFound",
          Category.NOT_FOUND,
          404,
          "The specified instance does not exist.",
          "No such instance for this account in this region (a wrong region in the credential scope would give the same; inferred).");

  public static final ErrorCode INVALID_STOPPED_MODE_CONFLICT =
      stopInstance(
          "InvalidStoppedMode.Conflict",
          Category.CONFLICT,
          409,
          "The specified StoppedMode conflicts with instance status.",
          "Requested StoppedMode does not fit the current state, for instance an instance already stopped in the other mode (example inferred). Describe the instance before deciding; do not retry blindly.");

  public static final ErrorCode OPERATION_DENIED_RESOURCE_LOCKED =
      stopInstance(
          "OperationDenied.ResourceLocked",
          Category.BUSY,
          412,
          "The specified operation is denied as your resource is locked for another operation.",
          "Another operation holds a lock on the instance. Usually passes; retry slowly with a ceiling.");

  public static final ErrorCode OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE =
      stopInstance(
          "OperationDenied.ResourceCreatedByOtherService",
          Category.CONFLICT,
          412,
          "The specified operation is denied as your resource is created by other service. You can check system tags to find the service.",
          "The instance is managed by another Volcengine service; stop it through that service. System tags tell which.");

  public static final ErrorCode OPERATION_DENIED_INSTANCE_IS_CREATING_IMAGE =
      stopInstance(
          "OperationDenied.InstanceIsCreatingImage",
          Category.BUSY,
          412,
          "The specified operation is denied as your instance is creating image.",
          "A custom image is being made from the instance; wait until it finishes (can take long).");

  public static final ErrorCode INVALID_STOPPED_MODE_INSTANCE_TYPE_MISMATCH =
      stopInstance(
          "InvalidStoppedMode.InstanceTypeMismatch",
          Category.REQUEST,
          412,
          "The specified StopCharging mismatch instance's InstanceType.",
          "This instance type cannot use StopCharging; use KeepCharging.");

  public static final ErrorCode INVALID_STOPPED_MODE_CHARGE_TYPE_MISMATCH =
      stopInstance(
          "InvalidStoppedMode.ChargeTypeMismatch",
          Category.REQUEST,
          412,
          "The specified StopCharging mismatch instance's ChargeType.",
          "This billing type cannot use StopCharging (it is for pay-as-you-go); use KeepCharging.");

  public static final ErrorCode DRY_RUN_OPERATION =
      stopInstance(
          "DryRunOperation",
          Category.DRY_RUN_OK,
          412,
          "Your request has been validated by the DryRunOperation.",
          "DryRun=true and every check passed. This is the success answer of a dry run, although sent as an HTTP error.");

  public static final ErrorCode IDEMPOTENT_PROCESSING =
      stopInstance(
          "IdempotentProcessing",
          Category.IN_PROGRESS,
          412,
          "The request uses the same client token as a previous one that is still in process.",
          "The first request with this ClientToken is still running. Wait, then resend with the SAME token or poll the status.");

  public static final ErrorCode INSUFFICIENT_INSTANCE_CAPACITY =
      stopInstance(
          "Insufficient.InstanceCapacity",
          Category.CAPACITY,
          500,
          "There is not enough capacity to fulfill your request.",
          "Not enough resources. It is sent as HTTP 500, so clients that retry on the status alone will retry it.");

  public static final ErrorCode INTERNAL_ERROR =
      stopInstance(
          "InternalError",
          Category.SERVER,
          500,
          "An internal error has occurred.",
          "ECS internal failure. Safe to retry only with the same ClientToken. Same Code text as the gateway's InternalError (CodeN 100014), other message.");

  public static final ErrorCode INVALID_PARAMETER =
      ecs(
          "InvalidParameter",
          Category.REQUEST,
          400,
          null,
          "Bad parameter value. Treated as a service-wide code by the cello project for ECS/VPC; status and message on ECS not verified.");

  public static final ErrorCode ECS_MISSING_PARAMETER =
      ecs(
          "MissingParameter",
          Category.REQUEST,
          400,
          null,
          "Required business parameter absent; service-level codes normally carry a suffix (MissingParameter.X). The same bare code exists at the gateway with CodeN 100002.");

  public static final ErrorCode ECS_INTERNAL_ERROR =
      ecs(
          "InternalError",
          Category.SERVER,
          500,
          null,
          "Service-side failure, used by all ECS APIs; message differs from API to API.");

  public static final ErrorCode INVALID_INSTANCE_CHARGE_TYPE =
      ecs(
          "InvalidInstanceChargeType",
          Category.REQUEST,
          400,
          null,
          "Billing type not valid for the operation (documented for RunInstances; not for StopInstance). Status assumed, not verified.");

  static final List<ErrorCode> ALL =
      List.of(
          INVALID_STOPPED_MODE_MALFORMED,
          INVALID_STOPPED_MODE_FOR_SCHEDULED_INSTANCE_UNSUPPORTED,
          INVALID_DEDICATED_HOST_STATUS_UNSUPPORTED,
          INVALID_CLIENT_TOKEN_MALFORMED,
          INVALID_ARGUMENT,
          IDEMPOTENT_PARAMETER_MISMATCH,
          MISSING_PARAMETER_INSTANCE_ID,
          INVALID_INSTANCE_STATUS,
          INVALID_INSTANCE_NOT_FOUND,
          INVALID_STOPPED_MODE_CONFLICT,
          OPERATION_DENIED_RESOURCE_LOCKED,
          OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE,
          OPERATION_DENIED_INSTANCE_IS_CREATING_IMAGE,
          INVALID_STOPPED_MODE_INSTANCE_TYPE_MISMATCH,
          INVALID_STOPPED_MODE_CHARGE_TYPE_MISMATCH,
          DRY_RUN_OPERATION,
          IDEMPOTENT_PROCESSING,
          INSUFFICIENT_INSTANCE_CAPACITY,
          INTERNAL_ERROR,
          INVALID_PARAMETER,
          ECS_MISSING_PARAMETER,
          ECS_INTERNAL_ERROR,
          INVALID_INSTANCE_CHARGE_TYPE);

  private EcsErrors() {}

  private static ErrorCode stopInstance(
      String code, Category category, int httpStatus, @Nullable String message, String meaning) {
    return new ErrorCode(code, category, null, httpStatus, Scope.STOP_INSTANCE, message, meaning);
  }

  private static ErrorCode ecs(
      String code, Category category, int httpStatus, @Nullable String message, String meaning) {
    return new ErrorCode(code, category, null, httpStatus, Scope.ECS_COMMON, message, meaning);
  }
}
