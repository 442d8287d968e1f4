package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.credentials.StrictJson;
import io.fleetstop.model.InstanceId;
import java.io.Reader;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.json.JsonMapper;

/**
 * The ids of a JSON file: the reply of {@code DescribeInstances} as the official command line tool
 * prints it, an array of instances or ids, or one object a line as {@code --output jsonl} writes
 * it. Ids elsewhere are ignored: they may name something else than an instance of the list.
 */
public final class JsonIds {

  /** The last line of an incomplete list. */
  public static final String INCOMPLETE = "{\"incomplete\":true}";

  private static final JsonMapper MAPPER = JsonMapper.builder(StrictJson.newFactory()).build();
  private static final int MAX_REASON = 200;

  private final String name;
  private final Consumer<InstanceId> ids;
  private final boolean toStop;
  private boolean recognized;

  /**
   * Creates the ids of a file.
   *
   * @param toStop whether they are to be stopped, so that a file of a run is refused
   */
  JsonIds(String name, Consumer<InstanceId> ids, boolean toStop) {
    this.name = name;
    this.ids = ids;
    this.toStop = toStop;
  }

  void read(Reader reader) {
    try (JsonParser parser = MAPPER.createParser(reader)) {
      while (parser.nextToken() != null) {
        value(parser);
      }
      if (!recognized) {
        throw rejected(
            parser,
            "the JSON holds no InstanceId; write the reply of DescribeInstances, an array of ids, or"
                + " the lines of list --output jsonl");
      }
    } catch (JacksonException e) {
      String reason = TerminalText.escape(String.valueOf(e.getOriginalMessage()));
      throw CommandFailure.usage(
          name
              + place(e)
              + ": not valid JSON: "
              + reason.substring(0, Math.min(MAX_REASON, reason.length())));
    }
  }

  /** Returns where, which an error about nesting does not have. */
  private static String place(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    return location == null ? "" : ", line " + location.getLineNr();
  }

  private void value(JsonParser parser) {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      object(parser);
    } else if (token == JsonToken.START_ARRAY) {
      recognized = true;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        value(parser);
      }
    } else if (token == JsonToken.VALUE_STRING) {
      ids.accept(parse(parser));
    } else {
      throw rejected(parser, "must be an id in quotes, or an object with InstanceId");
    }
  }

  private void object(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String property = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (property) {
        case "InstanceId", "instanceId" -> {
          recognized = true;
          ids.accept(parse(parser));
        }
        case "Result", "Instances", "InstanceIds" -> {
          if (token.isStructStart()) {
            value(parser);
          }
        }
        case "journal" -> requireNoJournal(parser);
        case "outcome" -> requireNotSkipped(parser);
        case "incomplete" ->
            throw rejected(
                parser, "the list is incomplete; the command that wrote it reported the reason");
        case "NextToken" -> requireLastPage(parser);
        default -> parser.skipChildren();
      }
    }
  }

  private void requireNoJournal(JsonParser parser) {
    if (toStop && parser.getValueAsString("").equals("fleetstop")) {
      throw rejected(
          parser,
          "this is the journal of a run: to resume it, write --journal FILE --resume and what the"
              + " run selected; fleetstop show FILE --output ids lists its instances");
    }
    parser.skipChildren();
  }

  private void requireNotSkipped(JsonParser parser) {
    if (toStop && parser.getValueAsString("").equals(IdFile.SKIPPED)) {
      throw rejected(parser, IdFile.SKIPPED_RULE);
    }
    parser.skipChildren();
  }

  // The next page has instances that a run of this file would leave running.
  private void requireLastPage(JsonParser parser) {
    if (!parser.getValueAsString("").isEmpty()) {
      throw rejected(
          parser, "the list is incomplete: NextToken names another page; fetch all pages");
    }
    parser.skipChildren();
  }

  private InstanceId parse(JsonParser parser) {
    try {
      return WrittenId.of(parser.getValueAsString(""));
    } catch (IllegalArgumentException e) {
      throw rejected(parser, String.valueOf(e.getMessage()));
    }
  }

  private CommandFailure rejected(JsonParser parser, String rule) {
    int line = parser.currentTokenLocation().getLineNr();
    return CommandFailure.usage(name + ", line " + line + ": " + rule);
  }
}
