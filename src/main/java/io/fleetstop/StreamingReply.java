package io.fleetstop;

import io.fleetstop.credentials.SecretMask;
import io.fleetstop.credentials.StrictJson;
import io.fleetstop.model.EcsAction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;

/**
 * A successful reply in the documented form, read without a tree. The tree would take 1.2 of the
 * 1.9 kilobytes that a short reply costs; a page of instances is bound directly from the bytes.
 */
@SuppressWarnings("ArrayRecordComponent") // replies are read once, never compared
record StreamingReply(String requestId, int attempts, byte[] body, SecretMask mask)
    implements EcsAction.Reply {

  /**
   * For the documented reply to a stop, whose few names are checked for duplicates here: the
   * parser's own check of all names takes as long as the rest.
   */
  private static final JsonFactory PLAIN =
      JsonFactory.builder().streamReadConstraints(StrictJson.SHORT_NAMES).build();

  /**
   * Returns the request id of the reply, or {@code null} for everything that needs the tree: an
   * error, no id, another action, a duplicate name, malformed JSON, or trailing content.
   */
  static @Nullable String requestIdOf(byte[] body, String action) {
    String requestId = requestIdOf(body, action, PLAIN);
    return requestId == null ? requestIdOf(body, action, ReplyJson.STRICT) : requestId;
  }

  private static @Nullable String requestIdOf(byte[] body, String action, JsonFactory json) {
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), body)) {
      String requestId = null;
      boolean hasResult = false;
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("ResponseMetadata")) {
          String found = requestId == null ? requestIdIn(parser, value, action) : null;
          if (found == null) {
            return null;
          }
          requestId = found;
        } else {
          boolean result = name.equals("Result");
          // A result with content may hold duplicates, which only the strict parser finds.
          if (result && (hasResult || (json == PLAIN && hasContent(parser, value)))) {
            return null;
          }
          hasResult |= result;
          parser.skipChildren();
        }
      }
      return parser.nextToken() == null ? requestId : null;
    } catch (JacksonException malformed) {
      return null;
    }
  }

  private static boolean hasContent(JsonParser parser, JsonToken value) {
    return value == JsonToken.START_ARRAY
        || (value == JsonToken.START_OBJECT && parser.nextToken() != JsonToken.END_OBJECT);
  }

  /**
   * Returns {@code null} also for an error, another action, and a second {@code RequestId}, {@code
   * Error} or {@code Action}.
   */
  private static @Nullable String requestIdIn(
      JsonParser parser, JsonToken metadata, String action) {
    String requestId = null;
    boolean hasError = false;
    boolean hasAction = false;
    if (metadata != JsonToken.START_OBJECT) {
      return null;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("RequestId")) {
        if (requestId != null || value != JsonToken.VALUE_STRING) {
          return null;
        }
        requestId = parser.getString();
      } else if (name.equals("Error")) {
        if (hasError || value != JsonToken.VALUE_NULL) {
          return null;
        }
        hasError = true;
      } else if (name.equals("Action")) {
        if (hasAction || value != JsonToken.VALUE_STRING || !isText(parser, action)) {
          return null;
        }
        hasAction = true;
      } else {
        parser.skipChildren();
      }
    }
    return requestId == null || requestId.isBlank() ? null : requestId;
  }

  /** Compares the parser's text in its buffer, without a string for each reply. */
  private static boolean isText(JsonParser parser, String wanted) {
    char[] buffer = parser.getStringCharacters();
    int offset = parser.getStringOffset();
    boolean same = parser.getStringLength() == wanted.length();
    for (int i = 0; same && i < wanted.length(); i++) {
      same = buffer[offset + i] == wanted.charAt(i);
    }
    return same;
  }

  @Override
  public <B> B result(Class<B> type) {
    return read(type, mask);
  }

  @Override
  public <B> B received(Class<B> type) {
    return read(type, null);
  }

  private <B> B read(Class<B> type, @Nullable SecretMask masking) {
    ObjectReader reader =
        ReplyJson.results(type).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    try (JsonParser parser = reader.createParser(body)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean result = parser.currentName().equals("Result");
        if (parser.nextToken() == JsonToken.START_OBJECT && result) {
          return reader.readValue(masking == null ? parser : new MaskedParser(parser, masking));
        }
        parser.skipChildren();
      }
    } catch (DatabindException e) {
      return DamagedPage.read(
          type, reader, ReplyJson.parse(body).root().path("Result"), masking, e);
    }
    return reader.readValue("{}");
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
