package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.Printable;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** From an action to a request, and from a reply to a result or an error. Pure functions. */
final class ActionCodec {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
          .build();

  private static final ObjectReader RESULTS = JSON.reader();

  private static final int MAX_TEXT = 1_000;
  private static final String MASK = "***";

  // The service echoes the access key's id in some messages.
  private static final Pattern ACCESS_KEY_ID =
      Pattern.compile("AK(LT|TP)[A-Za-z0-9+/=_-]+|(?<=accesskey \\[)[^\\]]*");

  /**
   * A success.
   *
   * @param result what the action makes of it
   * @param httpStatus the status of the reply
   * @param requestId the service's id of the request
   */
  record DecodedReply<T>(T result, int httpStatus, String requestId) {}

  private ActionCodec() {}

  /**
   * Makes Jackson build what the shipped actions need. It does so under a lock, which must not
   * happen on an event loop; afterwards it finds it without one.
   */
  static void prepare() {
    byte[] page = "{\"Result\":{\"Instances\":[]}}".getBytes(StandardCharsets.UTF_8);
    new StreamingReply("", 1, page, RESULTS).result(DescribeInstances.Page.class);
    JSON.treeToValue(JSON.readTree("{\"Instances\":[]}"), DescribeInstances.Page.class);
  }

  /** The request for an action; the endpoint's path, if any, is kept. */
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
   * What a reply means.
   *
   * @param credentials what the request was signed with; nothing of them may stand in an error
   * @param now when the reply came, for a {@code Retry-After} that names a date
   * @throws EcsException if it is not the success of the action
   */
  static <T> DecodedReply<T> decode(
      EcsAction<T> action, Response response, Credentials credentials, int attempts, Instant now) {
    boolean isPlainOk = isOk(response) && action.isPlainSuccess();
    String requestId = isPlainOk ? StreamingReply.requestIdOf(response.body()) : null;
    if (requestId != null) {
      return answer(
          action,
          response,
          new StreamingReply(clean(requestId), attempts, response.body(), RESULTS));
    }
    JsonNode root = parse(response.body());
    JsonNode error = errorIn(root);
    if (isOk(response) && error.isMissingNode()) {
      String plainId = requestIdIn(root);
      if (!action.isPlainSuccess() && plainId != null) {
        throw unsettled(ClientErrors.UNEXPECTED_SUCCESS, action, response, plainId).build();
      }
      return decodeResult(action, response, root, attempts);
    }
    EcsException failure = failure(root, error, response, credentials, now);
    if (failure == null) {
      throw unreadable(action, response, "it has an error without a code", null);
    }
    if (action.isSuccess(failure.errorCode())) {
      return decodeResult(action, response, root, attempts);
    }
    throw failure.mutate().action(action.action()).build();
  }

  /** The error that a reply to any action tells of, or {@code null} if it tells of none. */
  static @Nullable EcsException errorOf(
      Response response, @Nullable Credentials credentials, Instant now) {
    JsonNode root = parse(response.body());
    JsonNode error = errorIn(root);
    return isOk(response) && error.isMissingNode()
        ? null
        : failure(root, error, response, credentials, now);
  }

  private static boolean isOk(Response response) {
    return response.status() >= 200 && response.status() < 300;
  }

  private static JsonNode errorIn(JsonNode root) {
    return present(root.path("ResponseMetadata").path("Error"));
  }

  /** The error of a reply, or {@code null} if it names none and its status is that of success. */
  private static @Nullable EcsException failure(
      JsonNode root,
      JsonNode error,
      Response response,
      @Nullable Credentials credentials,
      Instant now) {
    String codeText = codeOf(root, error);
    if (isOk(response) && codeText == null) {
      return null;
    }
    ErrorCode code = ErrorCode.classify(codeText, number(error.path("CodeN")), response.status());
    return EcsException.builder(code, deliveryOf(code, codeText != null))
        .detail(detail(root, error, code, response, credentials))
        .httpStatus(response.status())
        .requestId(requestIdIn(root))
        .retryAfter(ReplyHeaders.retryAfter(response, now))
        .serverTimeMillis(
            code.category() == Category.CLOCK ? ReplyHeaders.serverTimeMillis(response) : null)
        .build();
  }

  private static <T> DecodedReply<T> decodeResult(
      EcsAction<T> action, Response response, JsonNode root, int attempts) {
    String requestId = requestIdIn(root);
    if (requestId == null) {
      throw unreadable(action, response, "it has no ResponseMetadata with a RequestId", null);
    }
    return answer(action, response, new JsonReply(requestId, attempts, root.path("Result")));
  }

  private static @Nullable String requestIdIn(JsonNode root) {
    return text(root.path("ResponseMetadata").path("RequestId"));
  }

  private static <T> DecodedReply<T> answer(
      EcsAction<T> action, Response response, EcsAction.Reply reply) {
    try {
      T result = Objects.requireNonNull(action.decode(reply), "a result");
      return new DecodedReply<>(result, response.status(), reply.requestId());
    } catch (RuntimeException e) {
      String why = "its Result does not have the documented form";
      throw unreadable(action, response, why, reply.requestId()).mutate().cause(e).build();
    }
  }

  private static EcsException unreadable(
      EcsAction<?> action, Response response, String why, @Nullable String requestId) {
    return unsettled(ClientErrors.UNREADABLE_REPLY, action, response, requestId)
        .detail("The reply cannot be understood: " + why + ", " + response.body().length + " bytes")
        .build();
  }

  /** A reply of success that leaves open what was done. */
  private static EcsException.Builder unsettled(
      ErrorCode code, EcsAction<?> action, Response response, @Nullable String requestId) {
    return EcsException.builder(code, Delivery.UNKNOWN)
        .action(action.action())
        .httpStatus(response.status())
        .requestId(requestId);
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

  private static JsonNode present(JsonNode node) {
    return node.isNull() ? MissingNode.getInstance() : node;
  }

  private static @Nullable String codeOf(JsonNode root, JsonNode error) {
    // Some gateways answer {HTTPCode, errorcode, message} instead of the documented form.
    return text(error.isMissingNode() ? root.path("errorcode") : error.path("Code"));
  }

  /**
   * An error that the service itself names says that it did not act, but for its own failures and
   * for a request still in progress. A page without a code may come from somebody on the way, after
   * the service acted; being throttled is what such pages mean by 429.
   */
  private static Delivery deliveryOf(ErrorCode code, boolean isNamed) {
    return switch (code.category()) {
      case SERVER, IN_PROGRESS, NETWORK -> Delivery.UNKNOWN;
      case THROTTLED -> Delivery.REJECTED;
      default -> isNamed ? Delivery.REJECTED : Delivery.UNKNOWN;
    };
  }

  private static @Nullable String detail(
      JsonNode root,
      JsonNode error,
      ErrorCode code,
      Response response,
      @Nullable Credentials credentials) {
    String message = raw(error.isMissingNode() ? root.path("message") : error.path("Message"));
    if (message == null) {
      return code.scope() == ErrorCode.Scope.UNDOCUMENTED
          ? "HTTP status " + response.status() + " without an error message that can be read"
          : null;
    }
    // Masked before it is bounded: a secret that is cut in two would not be found any more.
    return clean(ACCESS_KEY_ID.matcher(withoutSecrets(message, credentials)).replaceAll(MASK));
  }

  private static String withoutSecrets(String message, @Nullable Credentials credentials) {
    if (credentials == null) {
      return message;
    }
    // The longest first: what is left of a token that held a masked key's id would not be found.
    return Stream.of(
            credentials.secretAccessKey(), credentials.accessKeyId(), credentials.sessionToken())
        .filter(Objects::nonNull)
        .sorted(Comparator.comparingInt(String::length).reversed())
        .reduce(message, (text, secret) -> text.replace(secret, MASK));
  }

  private static @Nullable String text(JsonNode node) {
    String raw = raw(node);
    return raw == null ? null : clean(raw);
  }

  private static @Nullable String raw(JsonNode node) {
    return node.isString() && !node.stringValue().isBlank() ? node.stringValue() : null;
  }

  /** Bounded and printable: what a reply says must not be able to forge a line of a log. */
  private static String clean(String text) {
    return Printable.of(text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "\u2026");
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
