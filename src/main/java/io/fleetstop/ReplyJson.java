package io.fleetstop;

import io.fleetstop.credentials.SecretMask;
import io.fleetstop.credentials.StrictJson;
import io.fleetstop.model.EcsAction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** A reply as a JSON tree. */
record ReplyJson(JsonNode root) {

  static final JsonFactory STRICT = StrictJson.newFactory();

  private static final JsonMapper JSON =
      JsonMapper.builder(STRICT)
          .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
          .addModule(RecordInstantiators.module())
          .build();

  private static final ObjectReader RESULTS = JSON.reader();

  /** A reader of results, from a {@link MaskedParser}. */
  static ObjectReader results(Class<?> type) {
    return RESULTS.forType(type);
  }

  /** Parses a body; anything that is not JSON becomes a missing node. */
  static ReplyJson parse(byte[] body) {
    try {
      JsonNode root = JSON.readTree(body);
      return new ReplyJson(root == null ? MissingNode.getInstance() : root);
    } catch (JacksonException e) {
      return new ReplyJson(MissingNode.getInstance());
    }
  }

  /** The documented error; a missing node if the reply has none. */
  JsonNode error() {
    JsonNode error = root.path("ResponseMetadata").path("Error");
    return error.isNull() ? MissingNode.getInstance() : error;
  }

  /** The code of the error, or {@code null}. */
  @Nullable String code() {
    // Some gateways answer {HTTPCode, errorcode, message} instead of the documented form.
    JsonNode error = error();
    return text(error.isMissingNode() ? root.path("errorcode") : error.path("Code"));
  }

  /** The number of the error's code, or {@code null}. */
  @Nullable Integer codeN() {
    JsonNode number = error().path("CodeN");
    if (number.isInt()) {
      return number.intValue();
    }
    String digits = text(number);
    return digits != null && digits.matches("\\d{1,9}") ? Integer.valueOf(digits) : null;
  }

  /** The message of the error, or {@code null}. */
  @Nullable String message() {
    JsonNode error = error();
    return text(error.isMissingNode() ? root.path("message") : error.path("Message"));
  }

  /** The service's id of the request, or {@code null}. */
  @Nullable String requestId() {
    return text(root.path("ResponseMetadata").path("RequestId"));
  }

  /** Whether the reply names an action, and not this one: then it is the reply to another call. */
  boolean isOfOtherAction(String action) {
    String named = text(root.path("ResponseMetadata").path("Action"));
    return named != null && !named.equals(action);
  }

  private static @Nullable String text(JsonNode node) {
    return node.isString() && !node.stringValue().isBlank() ? node.stringValue() : null;
  }

  /** The successful reply for its action. */
  EcsAction.Reply asReply(String requestId, int attempts, SecretMask mask) {
    return new TreeReply(requestId, attempts, root.path("Result"), mask);
  }

  private record TreeReply(String requestId, int attempts, JsonNode result, SecretMask mask)
      implements EcsAction.Reply {

    @Override
    public <B> B result(Class<B> type) {
      return read(type, mask);
    }

    @Override
    public <B> B received(Class<B> type) {
      return read(type, null);
    }

    private <B> B read(Class<B> type, @Nullable SecretMask masking) {
      // Not treeToValue or treeAsTokens, whose signatures changed between Jackson 3.0 and 3.1.
      ObjectReader reader = results(type);
      JsonNode object = result.isObject() ? result : JSON.createObjectNode();
      try {
        JsonParser parser = object.traverse(ObjectReadContext.empty());
        return reader.readValue(masking == null ? parser : new MaskedParser(parser, masking));
      } catch (DatabindException e) {
        return DamagedPage.read(type, reader, object, masking, e);
      }
    }

    @Override
    public String value(String text) {
      return mask.value(text);
    }

    @Override
    public String masked(String text) {
      return mask.text(text);
    }

    @Override
    public String identifier(String text) {
      return mask.identifier(text);
    }
  }
}
