package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.SecretMask;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the error replies of the platform. Public for programs that call it with another HTTP
 * client. Pure functions.
 */
public final class EcsErrorDecoder {

  private EcsErrorDecoder() {}

  /**
   * Returns the error of a reply, or {@code null} for a success. A reply with a code is classified
   * by the code at any HTTP status, a reply without one by its status.
   *
   * @param reply the reply with its whole body
   * @param credentials the credentials that signed the request, to be masked in the error, or
   *     {@code null} if they are not known
   * @param now the time of the reply, for a {@code Retry-After} that is a date
   */
  public static @Nullable EcsException decode(
      Response reply, @Nullable Credentials credentials, Instant now) {
    ReplyJson json = ReplyJson.parse(reply.body());
    ErrorCode sent = errorCode(json, reply, now);
    return sent == null ? null : decode(sent, json, reply, SecretMask.of(credentials, null), now);
  }

  /**
   * Returns the error code as the service sent it, or {@code null} for a success. Decides only: it
   * may hold a secret.
   */
  static @Nullable ErrorCode errorCode(ReplyJson json, Response reply, Instant now) {
    String code = json.code();
    return isOk(reply) && code == null
        ? null
        : classify(code, json, reply, ReplyHeaders.retryAfter(reply, now));
  }

  /** The error of a reply that was parsed and classified already. */
  static EcsException decode(
      ErrorCode sent, ReplyJson json, Response reply, SecretMask mask, Instant now) {
    boolean hasCode = json.code() != null;
    ErrorCode code = hasCode ? mask.shown(sent) : sent;
    Duration retryAfter = ReplyHeaders.retryAfter(reply, now);
    String requestId = json.requestId();
    return EcsException.builder(code, deliveryOf(code, hasCode || reply.status() == 429))
        .detail(detail(json, code, reply, mask))
        .httpStatus(reply.status())
        .requestId(requestId == null ? null : mask.identifier(requestId))
        .retryAfter(retryAfter)
        .serverTimeMillis(
            code.category() == Category.CLOCK ? ReplyHeaders.serverTimeMillis(reply) : null)
        .build();
  }

  /** A {@code Retry-After} turns an undocumented error into throttling. */
  private static ErrorCode classify(
      @Nullable String codeText, ReplyJson json, Response reply, @Nullable Duration retryAfter) {
    int status = reply.status();
    ErrorCode code = ErrorCode.classify(codeText, json.codeN(), status);
    return retryAfter != null && status >= 400 && code.scope() == ErrorCode.Scope.UNDOCUMENTED
        ? code.withCategory(Category.THROTTLED)
        : code;
  }

  static boolean isOk(Response reply) {
    return reply.status() >= 200 && reply.status() < 300;
  }

  /**
   * An error code of the service means that it did not act, except for its own failures and for a
   * request that is still in progress. A page without a code may come from a proxy, after the
   * service acted; only its 429 means that the request was rejected.
   */
  private static Delivery deliveryOf(ErrorCode code, boolean rejection) {
    return rejection && code.isRejection() ? Delivery.REJECTED : Delivery.UNKNOWN;
  }

  private static @Nullable String detail(
      ReplyJson json, ErrorCode code, Response reply, SecretMask mask) {
    String message = json.message();
    if (message != null) {
      return mask.text(message);
    }
    return code.scope() == ErrorCode.Scope.UNDOCUMENTED
        ? "HTTP status " + reply.status() + " without a readable error message"
        : null;
  }
}
