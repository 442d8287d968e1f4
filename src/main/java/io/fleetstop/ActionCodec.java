package io.fleetstop;

import io.fleetstop.credentials.SecretMask;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.StopInstances;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Encodes an action as a request, and decodes its reply to a result or an error. Pure functions.
 */
final class ActionCodec {

  /**
   * A success.
   *
   * @param result what the action made of the reply
   * @param httpStatus the status of the reply
   * @param requestId the service's id of the request
   */
  record DecodedReply<T>(T result, int httpStatus, String requestId) {}

  private ActionCodec() {}

  /**
   * Makes Jackson build the deserializers of the shipped actions. It builds them under a lock,
   * which must not happen on an event loop, and finds them without a lock afterwards.
   */
  static void warmUp() {
    SecretMask mask = SecretMask.of(null, null);
    byte[] page = "{\"Result\":{\"Instances\":[]}}".getBytes(StandardCharsets.UTF_8);
    byte[] details = "{\"Result\":{\"OperationDetails\":[]}}".getBytes(StandardCharsets.UTF_8);
    warmUp(page, DescribeInstances.Page.class, mask);
    warmUp(details, StopInstances.Details.class, mask);
  }

  private static void warmUp(byte[] reply, Class<?> result, SecretMask mask) {
    new StreamingReply("", 1, reply, mask).received(result);
    ReplyJson.parse(reply).asReply("", 1, mask).received(result);
  }

  /** The request for an action. A path of the endpoint is kept. */
  static Request encode(URI endpoint, EcsAction<?> action) {
    Map<String, String> parameters = action.parameters();
    return Request.get(
        endpoint,
        CanonicalQuery.builder(parameters.size() + 2)
            .add("Action", action.action())
            .add("Version", action.version())
            .addAll(parameters)
            .build(endpoint.getRawPath().isEmpty() ? "/?" : endpoint.getRawPath() + '?'));
  }

  /**
   * Decodes a reply.
   *
   * @param mask hides what the request was signed with
   * @param now the time of the reply, for a {@code Retry-After} that is a date
   * @throws EcsException if the reply is not a success of the action
   */
  static <T> DecodedReply<T> decode(
      EcsAction<T> action, Response response, SecretMask mask, int attempts, Instant now) {
    boolean streamable = EcsErrorDecoder.isOk(response) && action.isPlainSuccess();
    String plainId =
        streamable ? StreamingReply.requestIdOf(response.body(), action.action()) : null;
    if (plainId != null) {
      EcsAction.Reply reply =
          new StreamingReply(mask.identifier(plainId), attempts, response.body(), mask);
      return decode(action, response, reply);
    }
    ReplyJson json = ReplyJson.parse(response.body());
    String rawId = json.requestId();
    String requestId = rawId == null ? null : mask.identifier(rawId);
    if (json.isOfOtherAction(action.action())) {
      // Also for an error: that another call was rejected says nothing about this one.
      throw unreadable(action, response, "it names another action", requestId);
    }
    if (EcsErrorDecoder.isOk(response) && json.error().isMissingNode()) {
      if (!action.isPlainSuccess() && requestId != null) {
        throw unknown(ClientErrors.UNEXPECTED_SUCCESS, action, response, requestId).build();
      }
      return decode(action, response, json, requestId, attempts, mask);
    }
    ErrorCode sent = EcsErrorDecoder.errorCode(json, response, now);
    if (sent == null) {
      throw unreadable(action, response, "it has an error without a code", null);
    }
    if (action.isSuccess(sent)) {
      return decode(action, response, json, requestId, attempts, mask);
    }
    EcsException failure = EcsErrorDecoder.decode(sent, json, response, mask, now);
    throw failure.mutate().action(action.action()).build();
  }

  private static <T> DecodedReply<T> decode(
      EcsAction<T> action,
      Response response,
      ReplyJson json,
      @Nullable String requestId,
      int attempts,
      SecretMask mask) {
    if (requestId == null) {
      throw unreadable(action, response, "it has no ResponseMetadata with a RequestId", null);
    }
    return decode(action, response, json.asReply(requestId, attempts, mask));
  }

  private static <T> DecodedReply<T> decode(
      EcsAction<T> action, Response response, EcsAction.Reply reply) {
    String why = "its Result does not have the documented form";
    try {
      T result = Objects.requireNonNull(action.decode(reply), "a result");
      return new DecodedReply<>(result, response.status(), reply.requestId());
    } catch (JacksonException e) {
      // Without the cause: its message quotes the reply, which may echo secrets.
      String where = why + " (" + e.getClass().getSimpleName() + ")";
      throw unreadable(action, response, where, reply.requestId());
    } catch (RuntimeException e) {
      throw unreadable(action, response, why, reply.requestId()).mutate().cause(e).build();
    }
  }

  private static EcsException unreadable(
      EcsAction<?> action, Response response, String why, @Nullable String requestId) {
    return unknown(ClientErrors.UNREADABLE_REPLY, action, response, requestId)
        .detail("The reply cannot be understood: " + why + ", " + response.body().length + " bytes")
        .build();
  }

  /** A reply with the status of a success that does not say what the service did. */
  private static EcsException.Builder unknown(
      ErrorCode code, EcsAction<?> action, Response response, @Nullable String requestId) {
    return EcsException.builder(code, Delivery.UNKNOWN)
        .action(action.action())
        .httpStatus(response.status())
        .requestId(requestId);
  }
}
