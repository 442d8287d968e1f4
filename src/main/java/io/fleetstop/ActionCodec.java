package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** From an action to a request, and from a reply to a result or an error. Pure functions. */
final class ActionCodec {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
          .build();

  private static final int MAX_DETAIL = 1_000;

  // The service echoes the access key's id in some messages.
  private static final Pattern ACCESS_KEY_ID =
      Pattern.compile("AK(LT|TP)[A-Za-z0-9+/=_-]+|(?<=accesskey \\[)[^\\]]*");

  private ActionCodec() {}

  /**
   * Makes Jackson build what the shipped actions need. It does so under a lock, which must not
   * happen on an event loop; afterwards it finds it without one.
   */
  static void prepare() {
    JSON.readTree("{}");
    JSON.treeToValue(JSON.createObjectNode(), DescribeInstances.Page.class);
  }

  /** The request for an action; the endpoint's path, if any, is kept. */
  static Request encode(URI endpoint, EcsAction<?> action) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("Action", action.action());
    query.put("Version", action.version());
    query.putAll(action.parameters());
    String path = endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath();
    return Request.get(
        URI.create(
            endpoint.getScheme()
                + "://"
                + endpoint.getRawAuthority()
                + path
                + "?"
                + CanonicalQuery.of(query)));
  }

  /**
   * What a reply means.
   *
   * @param now when the reply came, for a {@code Retry-After} that names a date
   * @throws EcsException if it is not the success of the action
   */
  static <T> T decode(EcsAction<T> action, Response response, int attempts, Instant now) {
    JsonNode root = parse(response.body());
    JsonNode metadata = root.path("ResponseMetadata");
    JsonNode error = metadata.path("Error");
    boolean isOk = response.status() >= 200 && response.status() < 300;
    if (isOk && error.isMissingNode()) {
      return decodeResult(action, response, root, attempts);
    }
    ErrorCode code = errorCode(root, error, response.status());
    if (action.isSuccess(code)) {
      return decodeResult(action, response, root, attempts);
    }
    throw EcsException.builder(code, deliveryOf(code))
        .action(action.action())
        .detail(detail(root, error, code, response))
        .httpStatus(response.status())
        .requestId(text(metadata.path("RequestId")))
        .retryAfter(ReplyHeaders.retryAfter(response, now))
        .serverTimeMillis(
            code.category() == Category.CLOCK ? ReplyHeaders.serverTimeMillis(response) : null)
        .build();
  }

  private static <T> T decodeResult(
      EcsAction<T> action, Response response, JsonNode root, int attempts) {
    String requestId = text(root.path("ResponseMetadata").path("RequestId"));
    if (requestId == null) {
      throw unreadable(action, response, "it has no ResponseMetadata with a RequestId", null);
    }
    try {
      return action.decode(new JsonReply(requestId, attempts, root.path("Result")));
    } catch (JacksonException e) {
      throw unreadable(action, response, "its Result does not have the documented form", requestId);
    }
  }

  private static EcsException unreadable(
      EcsAction<?> action, Response response, String why, @Nullable String requestId) {
    return EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN)
        .action(action.action())
        .detail("The reply cannot be understood: " + why + ", " + response.body().length + " bytes")
        .httpStatus(response.status())
        .requestId(requestId)
        .build();
  }

  /** The reply as a tree; a missing node for anything that is not JSON. */
  private static JsonNode parse(byte[] body) {
    try {
      JsonNode root = JSON.readTree(body);
      return root == null ? MissingNode.getInstance() : root;
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  private static ErrorCode errorCode(JsonNode root, JsonNode error, int status) {
    // Some gateways answer {HTTPCode, errorcode, message} instead of the documented form.
    String code = text(error.isMissingNode() ? root.path("errorcode") : error.path("Code"));
    return ErrorCode.classify(code, number(error.path("CodeN")), status);
  }

  /**
   * A documented error says that the service did not act; a failure of the service, and a request
   * still in progress, leave that open.
   */
  private static Delivery deliveryOf(ErrorCode code) {
    return switch (code.category()) {
      case SERVER, IN_PROGRESS, NETWORK -> Delivery.UNKNOWN;
      default -> Delivery.REJECTED;
    };
  }

  private static @Nullable String detail(
      JsonNode root, JsonNode error, ErrorCode code, Response response) {
    String message = text(error.isMissingNode() ? root.path("message") : error.path("Message"));
    if (message == null) {
      return code.scope() == ErrorCode.Scope.UNDOCUMENTED
          ? "HTTP status " + response.status() + " without an error message that can be read"
          : null;
    }
    String masked = ACCESS_KEY_ID.matcher(message).replaceAll("***");
    return masked.length() <= MAX_DETAIL ? masked : masked.substring(0, MAX_DETAIL) + "\u2026";
  }

  private static @Nullable String text(JsonNode node) {
    return node.isString() && !node.stringValue().isBlank() ? node.stringValue() : null;
  }

  private static @Nullable Integer number(JsonNode node) {
    if (node.isInt()) {
      return node.intValue();
    }
    String digits = text(node);
    return digits != null && digits.matches("\\d{1,9}") ? Integer.valueOf(digits) : null;
  }

  private record JsonReply(String requestId, int attempts, JsonNode result)
      implements EcsAction.Reply {

    @Override
    public <B> B result(Class<B> type) {
      return JSON.treeToValue(result.isObject() ? result : JSON.createObjectNode(), type);
    }
  }
}
