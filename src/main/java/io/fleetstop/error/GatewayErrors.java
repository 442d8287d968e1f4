package io.fleetstop.error;

import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The codes that the gateway in front of every service sends (docs/6369/68677; older tables
 * 6408/78947, 6664/116016 and 4640/65080).
 */
public final class GatewayErrors {

  public static final ErrorCode UNDEFINED_ERROR =
      gateway(
          "UndefinedError",
          Category.SERVER,
          500,
          100001,
          "Undefined Internal Error. Pls Contact With Admin.",
          "Gateway error without a better class. Older tables and BytePlus only.");

  public static final ErrorCode MISSING_PARAMETER =
      gateway(
          "MissingParameter",
          Category.REQUEST,
          400,
          100002,
          "The request is missing %s parameter.",
          "A gateway-level parameter (Action or Version) is absent. Reply may hold only RequestId and Error.");

  public static final ErrorCode MISSING_AUTHENTICATION_TOKEN =
      gateway(
          "MissingAuthenticationToken",
          Category.AUTH,
          401,
          100003,
          "Request is missing Authentication Token",
          "No authentication data in the request. Older tables and BytePlus only.");

  public static final ErrorCode MISSING_REQUEST_INFO =
      gateway(
          "MissingRequestInfo",
          Category.REQUEST,
          400,
          100004,
          "The request is missing %s information.",
          "A needed piece of request information (for example a header used for signing) is absent.");

  public static final ErrorCode MISSING_SIGNATURE =
      gateway(
          "MissingSignature",
          Category.AUTH,
          401,
          100005,
          "The request is missing signature.",
          "No signature in the request. Older tables and BytePlus only.");

  public static final ErrorCode INVALID_TIMESTAMP =
      gateway(
          "InvalidTimestamp",
          Category.CLOCK,
          400,
          100006,
          "The Signature of the request is expired.",
          "X-Date is outside the validity window, in the past or the future. Check the clock, re-sign with a new X-Date; at most one retry. Older tables give HTTP 403.");

  public static final ErrorCode SERVICE_NOT_FOUND =
      gateway(
          "ServiceNotFound",
          Category.REQUEST,
          404,
          100007,
          "This service[%s] not found.",
          "Service name in the credential scope or the host is unknown. Named ServiceUnavailable in older tables.");

  public static final ErrorCode INVALID_ACTION_OR_VERSION =
      gateway(
          "InvalidActionOrVersion",
          Category.REQUEST,
          404,
          100008,
          "Could not find operation %s for version %s.",
          "Unknown Action/Version pair for this service.");

  public static final ErrorCode INVALID_ACCESS_KEY =
      gateway(
          "InvalidAccessKey",
          Category.AUTH,
          401,
          100009,
          "The accesskey [%s] included in the request is invalid.",
          "Unknown, disabled or deleted access key. The message echoes the key id: mask it in logs.");

  public static final ErrorCode INVALID_CLIENT_TOKEN_ID =
      gateway(
          "InvalidClientTokenId",
          Category.AUTH,
          401,
          100009,
          null,
          "Older name of InvalidAccessKey (same CodeN). Nothing to do with ClientToken.");

  public static final ErrorCode SIGNATURE_DOES_NOT_MATCH =
      gateway(
          "SignatureDoesNotMatch",
          Category.AUTH,
          401,
          100010,
          "The request signature we calculated does not match the signature you provided. Check your Secret Access Key and signing method. Consult the service documentation for details.",
          "Wrong secret key or wrong canonicalisation.");

  public static final ErrorCode SERVICE_SHOULD_CALL_SELF_API =
      gateway(
          "ServiceShouldCallSelfApi",
          Category.PERMISSION,
          403,
          100011,
          "The service(%s) should call self-api",
          "Service-type credentials used on another service's API. Older tables and BytePlus only.");

  public static final ErrorCode LACK_POLICY =
      gateway(
          "LackPolicy",
          Category.PERMISSION,
          403,
          100012,
          "Request was rejected because of lack of policy.",
          "Sub-user has no policy for the call (default deny). Older tables and BytePlus only.");

  public static final ErrorCode ACCESS_DENIED =
      gateway(
          "AccessDenied",
          Category.PERMISSION,
          403,
          100013,
          "User is not authorized to perform: %s on resource: %s.",
          "IAM denies the action on the resource.");

  public static final ErrorCode INTERNAL_ERROR =
      gateway(
          "InternalError",
          Category.SERVER,
          500,
          100014,
          "Service has some internal Error. Pls Contact With Admin.",
          "The backend failed; not a gateway fault.");

  public static final ErrorCode FAIL_TO_CONNECT =
      gateway(
          "FailToConnect",
          Category.SERVER,
          502,
          100015,
          null,
          "Gateway could not connect to the backend. Older tables and BytePlus only; message not verified.");

  public static final ErrorCode INTERNAL_SERVICE_TIMEOUT =
      gateway(
          "InternalServiceTimeout",
          Category.SERVER,
          504,
          100016,
          "Internal Service is timeout. Pls Contact With Admin.",
          "Backend did not answer in time. The stop may have been accepted: resend with the same ClientToken or poll.");

  public static final ErrorCode INNER_API_NEED_ACCOUNT_INFO =
      gateway(
          "InnerApiNeedAccountInfo",
          Category.REQUEST,
          400,
          null,
          "The inner request should have account info",
          "Internal-call error, not expected for customers. CodeN is 100017 by position in the list only; not verified.");

  public static final ErrorCode FLOW_LIMIT_EXCEEDED =
      gateway(
          "FlowLimitExceeded",
          Category.THROTTLED,
          429,
          100018,
          "Request was rejected because the request speed of this openAPI is beyond the current flow control limit.",
          "API-level rate limit hit. Back off with jitter.");

  public static final ErrorCode SERVICE_UNAVAILABLE_TEMP =
      gateway(
          "ServiceUnavailableTemp",
          Category.SERVER,
          503,
          100019,
          null,
          "Backend is behind an open circuit breaker; wait longer than for a simple 5xx. Message not verified.");

  public static final ErrorCode METHOD_NOT_ALLOWED =
      gateway(
          "MethodNotAllowed",
          Category.REQUEST,
          405,
          100020,
          null,
          "HTTP method not accepted for this Action. Older tables and BytePlus only; message not verified.");

  public static final ErrorCode INTERNAL_SERVICE_ERROR =
      gateway(
          "InternalServiceError",
          Category.SERVER,
          502,
          100023,
          null,
          "Service fault reported as 502; the body may not be JSON. Message not verified.");

  public static final ErrorCode INVALID_AUTHORIZATION =
      gateway(
          "InvalidAuthorization",
          Category.AUTH,
          400,
          100024,
          "Invalid 'Authorization' header, Pls check your authorization header.",
          "Authorization header has the wrong shape.");

  public static final ErrorCode INVALID_CREDENTIAL =
      gateway(
          "InvalidCredential",
          Category.AUTH,
          400,
          100025,
          "Invalid credential in 'Authorization', Pls check your authorization header.",
          "Credential part (AK/date/region/service/request) is badly formed.");

  public static final ErrorCode INVALID_SECRET_TOKEN =
      gateway(
          "InvalidSecretToken",
          Category.AUTH,
          401,
          100026,
          "Invalid secret token, msg: %s.",
          "STS session token is bad or expired. Refresh temporary credentials, then one retry.");

  public static final ErrorCode ACCOUNT_FLOW_LIMIT_EXCEEDED =
      gateway(
          "AccountFlowLimitExceeded",
          Category.THROTTLED,
          400,
          100027,
          "Request was rejected because the request speed of this openAPI is beyond the current flow control limit.",
          "Per-account rate limit hit. Absent from the official table; HTTP 400 and CodeN come from third-party reports on other services (one mock uses 200). Match on the code, never on the status.");

  public static final ErrorCode LACK_PROJECT_POLICY =
      gateway(
          "LackProjectPolicy",
          Category.PERMISSION,
          403,
          null,
          "Request was rejected because of lack of project policy.",
          "No project-scoped permission. Older tables and BytePlus only; CodeN not verified (a ByteDance video SDK maps it to 100012 on the client side).");

  static final List<ErrorCode> ALL =
      List.of(
          UNDEFINED_ERROR,
          MISSING_PARAMETER,
          MISSING_AUTHENTICATION_TOKEN,
          MISSING_REQUEST_INFO,
          MISSING_SIGNATURE,
          INVALID_TIMESTAMP,
          SERVICE_NOT_FOUND,
          INVALID_ACTION_OR_VERSION,
          INVALID_ACCESS_KEY,
          INVALID_CLIENT_TOKEN_ID,
          SIGNATURE_DOES_NOT_MATCH,
          SERVICE_SHOULD_CALL_SELF_API,
          LACK_POLICY,
          ACCESS_DENIED,
          INTERNAL_ERROR,
          FAIL_TO_CONNECT,
          INTERNAL_SERVICE_TIMEOUT,
          INNER_API_NEED_ACCOUNT_INFO,
          FLOW_LIMIT_EXCEEDED,
          SERVICE_UNAVAILABLE_TEMP,
          METHOD_NOT_ALLOWED,
          INTERNAL_SERVICE_ERROR,
          INVALID_AUTHORIZATION,
          INVALID_CREDENTIAL,
          INVALID_SECRET_TOKEN,
          ACCOUNT_FLOW_LIMIT_EXCEEDED,
          LACK_PROJECT_POLICY);

  private GatewayErrors() {}

  private static ErrorCode gateway(
      String code,
      Category category,
      int httpStatus,
      @Nullable Integer codeN,
      @Nullable String message,
      String meaning) {
    return new ErrorCode(code, category, codeN, httpStatus, Scope.OPENAPI_COMMON, message, meaning);
  }
}
