package io.fleetstop.cli;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON, an object a line. Nothing but ASCII: no terminal, pipe or locale can spoil it. */
final class JsonLines {

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private JsonLines() {}

  static String line(JsonNode object) {
    return MAPPER.writeValueAsString(object);
  }
}
