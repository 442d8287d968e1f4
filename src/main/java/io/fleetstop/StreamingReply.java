package io.fleetstop;

import io.fleetstop.model.EcsAction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;

/**
 * A successful reply in the documented form, read without a tree. The tree would take 1.2 of the
 * 1.9 kilobytes that a short reply costs; a page of instances is bound directly from the bytes.
 */
@SuppressWarnings("ArrayRecordComponent") // replies are read once, never compared
record StreamingReply(String requestId, int attempts, byte[] body) implements EcsAction.Reply {

  /**
   * Returns the request id of the reply, or {@code null} for everything that needs the tree: an
   * error, no id, a duplicate name, malformed JSON, or trailing content.
   */
  static @Nullable String requestIdOf(byte[] body) {
    try (JsonParser parser = ReplyJson.STRICT.createParser(ObjectReadContext.empty(), body)) {
      String requestId = null;
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean metadata = parser.currentName().equals("ResponseMetadata");
        JsonToken value = parser.nextToken();
        if (metadata) {
          requestId = requestIdIn(parser, value);
          if (requestId == null) {
            return null;
          }
        } else {
          parser.skipChildren();
        }
      }
      return parser.nextToken() == null ? requestId : null;
    } catch (JacksonException malformed) {
      return null;
    }
  }

  private static @Nullable String requestIdIn(JsonParser parser, JsonToken metadata) {
    String requestId = null;
    if (metadata != JsonToken.START_OBJECT) {
      return null;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("RequestId")) {
        if (value != JsonToken.VALUE_STRING) {
          return null;
        }
        requestId = parser.getString();
      } else if (name.equals("Error") && value != JsonToken.VALUE_NULL) {
        return null;
      } else {
        parser.skipChildren();
      }
    }
    return requestId == null || requestId.isBlank() ? null : requestId;
  }

  @Override
  public <B> B result(Class<B> type) {
    ObjectReader reader =
        ReplyJson.RESULTS.forType(type).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    try (JsonParser parser = reader.createParser(body)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean result = parser.currentName().equals("Result");
        if (parser.nextToken() == JsonToken.START_OBJECT && result) {
          return reader.readValue(parser);
        }
        parser.skipChildren();
      }
    }
    return reader.readValue("{}");
  }
}
