package io.fleetstop.error;

import java.io.Serializable;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An error code of the service, of its gateway, or of this client, with the {@link Category} that
 * decides how it is handled.
 *
 * <p>Undocumented codes are kept, with a category derived from the HTTP status. Instances are
 * immutable. Only the accessors are stable: components may be added.
 *
 * @param code the code as the service writes it, dots and case included
 * @param category what it means for a caller
 * @param codeN the gateway's number for the code, or {@code null} where none is known
 * @param httpStatus the documented HTTP status, or {@code null} where none is known
 * @param scope who sends it
 * @param message the documented message, or {@code null} where none is known
 * @param meaning what it means and what to do about it
 */
public record ErrorCode(
    String code,
    Category category,
    @Nullable Integer codeN,
    @Nullable Integer httpStatus,
    Scope scope,
    @Nullable String message,
    String meaning)
    implements Serializable {

  /** What an error means for the call that met it. */
  public enum Category {
    /** The quota is spent. Retried after a backoff of its own; slows the rate limiter. */
    THROTTLED,
    /** The service failed. It may have acted; retried with the same client token. */
    SERVER,
    /** An earlier attempt with the same client token is still running. Retried with that token. */
    IN_PROGRESS,
    /** Another operation holds the instance. Passes by itself; retried slowly. */
    BUSY,
    /** The service lacks resources. Retried slowly and only a few times. */
    CAPACITY,
    /** The instance is in a state that does not allow the request. Its state decides. */
    STATE,
    /** The request does not fit what the instance is. Needs a human. */
    CONFLICT,
    /** There is no such instance for this account in this region. */
    NOT_FOUND,
    /** The request itself is wrong. */
    REQUEST,
    /**
     * Authentication failed: the service rejected the credentials, a proxy its password, or this
     * client the server's certificate. The next call would fail as well.
     */
    AUTH,
    /** The signature's time is too far from the service's clock. Signed again once. */
    CLOCK,
    /** The caller is not permitted to do this. */
    PERMISSION,
    /** A dry run passed: an error in form only. */
    DRY_RUN_OK,
    /** The exchange ended without a reply. {@link EcsException.Delivery} says what that means. */
    NETWORK,
    /** This client ended the call, at a limit or because of a defect. */
    LOCAL
  }

  /** Who sends a code. */
  public enum Scope {
    /** Documented for the {@code StopInstance} action. */
    STOP_INSTANCE,
    /** Seen across the actions of ECS. */
    ECS_COMMON,
    /** Sent by the gateway in front of every service. */
    OPENAPI_COMMON,
    /** Sent by the service, in no documentation we know. */
    UNDOCUMENTED,
    /** Made by this client; such codes start with {@code Client.}. */
    CLIENT
  }

  private static final String FORGED = "Service.";

  private static final Set<String> GATEWAY_OVERLOAD = Set.of("HTTP.502", "HTTP.503", "HTTP.504");

  private static final Pattern THROTTLING =
      Pattern.compile("^(Account)?FlowLimitExceeded\\.|Throttl|^RequestLimit|^TooManyRequests");

  /** Rejects a missing or blank code. */
  public ErrorCode {
    Objects.requireNonNull(category, "category");
    Objects.requireNonNull(scope, "scope");
    Objects.requireNonNull(meaning, "meaning");
    if (code.isBlank()) {
      throw new IllegalArgumentException("code must not be blank");
    }
  }

  /**
   * Classifies an error of a reply.
   *
   * <p>A documented code keeps its category at any HTTP status. If a code is used by two layers
   * ({@code InternalError} of ECS and of the gateway), {@code codeN} distinguishes them; if the
   * code is unknown and its number is not (the gateway has renamed codes), the number decides the
   * category. Otherwise a code that names throttling, such as {@code FlowLimitExceeded.PerSecond}
   * or {@code TooManyRequests}, is {@code THROTTLED}, and the status decides the rest. A code of
   * this client, which decides what a run does next, gets the prefix {@code Service.} and is not
   * documented.
   *
   * @param code the code of the reply, or {@code null} if the reply has no readable code
   * @param codeN the number beside it, or {@code null}
   * @param httpStatus the HTTP status of the reply
   */
  public static ErrorCode classify(@Nullable String code, @Nullable Integer codeN, int httpStatus) {
    if (code == null || code.isBlank()) {
      return withoutCode(httpStatus);
    }
    if (ErrorCatalogue.isOfClient(code)) {
      return classify(FORGED + code, codeN, httpStatus);
    }
    ErrorCode documented = ErrorCatalogue.find(code, codeN);
    if (documented != null) {
      return documented;
    }
    ErrorCode renamed = codeN == null ? null : ErrorCatalogue.findByNumber(codeN);
    if (renamed != null) {
      return undocumented(code, renamed.category, codeN, httpStatus);
    }
    boolean throttling = THROTTLING.matcher(code).find();
    Category category = throttling ? Category.THROTTLED : categoryOf(httpStatus);
    return undocumented(code, category, codeN, httpStatus);
  }

  /**
   * Classifies the error of one instance within a reply, which has neither a number nor a status: a
   * code that is not documented is {@code THROTTLED} if it names throttling, and otherwise {@code
   * REQUEST}, which is a guess.
   */
  public static ErrorCode ofReplyDetail(String code) {
    if (ErrorCatalogue.isOfClient(code)) {
      return ofReplyDetail(FORGED + code);
    }
    ErrorCode documented = ErrorCatalogue.find(code, null);
    if (documented != null) {
      return documented;
    }
    Category category = THROTTLING.matcher(code).find() ? Category.THROTTLED : Category.REQUEST;
    return new ErrorCode(
        code,
        category,
        null,
        null,
        Scope.UNDOCUMENTED,
        null,
        "Not documented; the error of one instance within a reply.");
  }

  /**
   * Whether a reply of the service with this code means that it did not act: every code but those
   * of its own failures and of a request that is still in progress.
   */
  public boolean isRejection() {
    return switch (category) {
      case SERVER, IN_PROGRESS, NETWORK -> false;
      default -> true;
    };
  }

  /**
   * Whether a gateway in front of the service reported overload or an absent service: a reply with
   * status 502, 503 or 504 and no code of the service.
   */
  public boolean isGatewayOverload() {
    return category == Category.SERVER && GATEWAY_OVERLOAD.contains(code);
  }

  /** The same code with another category. */
  public ErrorCode withCategory(Category category) {
    return new ErrorCode(code, category, codeN, httpStatus, scope, message, meaning);
  }

  /** The same error under another name, such as its code without a secret. */
  public ErrorCode withCode(String code) {
    return code.equals(this.code)
        ? this
        : new ErrorCode(code, category, codeN, httpStatus, scope, message, meaning);
  }

  private static ErrorCode withoutCode(int httpStatus) {
    // A page without a code does not come from the service: the 404 of a proxy does not mean that
    // the instance does not exist.
    Category category = httpStatus == 404 ? Category.REQUEST : categoryOf(httpStatus);
    return undocumented("HTTP." + httpStatus, category, null, httpStatus);
  }

  private static ErrorCode undocumented(
      String code, Category category, @Nullable Integer codeN, int httpStatus) {
    return new ErrorCode(
        code,
        category,
        codeN,
        httpStatus,
        Scope.UNDOCUMENTED,
        null,
        "Not documented; classified by HTTP status " + httpStatus + ".");
  }

  private static Category categoryOf(int httpStatus) {
    return switch (httpStatus) {
      case 401 -> Category.AUTH;
      case 403 -> Category.PERMISSION;
      case 404 -> Category.NOT_FOUND;
      case 409, 412 -> Category.CONFLICT;
      case 429 -> Category.THROTTLED;
      default -> httpStatus >= 500 || httpStatus == 408 ? Category.SERVER : Category.REQUEST;
    };
  }
}
