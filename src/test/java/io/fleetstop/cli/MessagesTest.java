package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The list of all messages that the command line can print, in {@code messages.txt}. Read the list
 * when a message is added or changed: a message says what happened, then what to do.
 */
class MessagesTest {

  private static final Path SOURCES = Path.of("src/main/java/io/fleetstop/cli");
  private static final Path GOLDEN = Path.of("src/test/resources/io/fleetstop/cli/messages.txt");

  /** The calls whose argument is a message. */
  private static final Pattern CALL =
      Pattern.compile(
          "(?:usage|configuration|unanswered|rejected|complain|note|info|accept|IOException|"
              + "lines\\.add|notes\\.add|UnreadableLine|TypeConversionException|Progress\\.NONE\\.print)\\(");

  private static final Pattern PART = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|[^\"\\s+]+");

  @Test
  void everyMessage_isInTheList() throws IOException {
    TreeSet<String> messages = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        messages.addAll(messages(file));
      }
    }
    if (Boolean.getBoolean("docs.write")) {
      Files.write(GOLDEN, messages);
    }

    assertThat(messages)
        .as("read the list, then write it with -Ddocs.write=true")
        .containsExactlyElementsOf(Files.readAllLines(GOLDEN));
  }

  private static List<String> messages(Path file) throws IOException {
    String name = file.getFileName().toString().replace(".java", "");
    String source = Files.readString(file).replaceAll("(?m)^\\s*//.*$", "");
    return CALL.matcher(source)
        .results()
        .map(call -> argument(source, call.end()))
        .filter(argument -> argument.contains("\""))
        .map(argument -> name + ": " + text(argument))
        .toList();
  }

  /** Returns the source of the arguments of a call, up to its closing parenthesis. */
  private static String argument(String source, int start) {
    boolean quoted = false;
    int depth = 1;
    int at = start;
    for (; depth > 0; at++) {
      char next = source.charAt(at);
      if (next == '\\') {
        at++;
      } else if (next == '"') {
        quoted = !quoted;
      } else if (!quoted) {
        depth += next == '(' ? 1 : next == ')' ? -1 : 0;
      }
    }
    return source.substring(start, at - 1);
  }

  /** Returns the literals of an argument, with a mark for everything between them. */
  private static String text(String argument) {
    StringBuilder text = new StringBuilder();
    Matcher part = PART.matcher(argument);
    while (part.find()) {
      String literal = part.group(1);
      if (literal != null) {
        text.append(literal);
      } else if (text.length() < 2 || !text.substring(text.length() - 2).equals("{}")) {
        text.append("{}");
      }
    }
    return text.toString();
  }
}
