package io.fleetstop.cli;

import io.fleetstop.cli.output.TerminalText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The message about a rejected command line. It quotes no password: not the user information of an
 * address, and not the value of an option that does not exist, which may be a mistyped proxy or a
 * key.
 */
final class Complaint {

  /**
   * Up to the last {@code @}, because a password may have one. The name of a file has one slash
   * where an address has two.
   */
  private static final Pattern USER_INFO = Pattern.compile("(:/+)[^\\s\"']*@");

  /** A longer word with one hyphen may be an option with a value attached. */
  private static final Pattern SHORT_NAME = Pattern.compile("-[a-z-]{2,}");

  private static final String RESUME = "--resume";

  private final List<String> commandLine;

  Complaint(List<String> commandLine) {
    this.commandLine = commandLine;
  }

  List<String> commandLine() {
    return commandLine;
  }

  /** Returns the message without the user information of addresses, and safe for a terminal. */
  String about(String message) {
    String masked = ofThisCommand(message);
    for (String word : commandLine) {
      String value = word.substring(word.indexOf('=') + 1);
      masked = masked.replace(value, withoutPassword(value)).replace(word, withoutPassword(word));
    }
    Matcher addresses = USER_INFO.matcher(masked);
    return TerminalText.escape(addresses.replaceAll("$1USER:PASSWORD@"));
  }

  /** Earlier parts of a resumed run may have stopped or started instances. */
  private String ofThisCommand(String message) {
    return commandLine.contains(RESUME)
        ? message.replaceAll("\\bnothing was (stopped|started)", "nothing more was $1")
        : message;
  }

  private static String withoutPassword(String word) {
    int end = word.lastIndexOf('@');
    boolean mayHavePassword = end > 0 && word.substring(0, end).contains(":");
    return mayHavePassword ? TerminalText.withoutUserInfo(word) : word;
  }

  /** Returns the message about words that are neither options nor parameters. */
  static String unmatched(List<String> words) {
    List<String> options = new ArrayList<>();
    List<String> others = new ArrayList<>();
    boolean mayBeValue = false;
    for (String word : words) {
      boolean option = word.startsWith("-") && word.length() > 1;
      if (option) {
        options.add(name(word));
      } else if (!mayBeValue) {
        others.add(word);
      }
      mayBeValue = option && word.indexOf('=') < 0;
    }
    return options.isEmpty()
        ? (others.size() == 1 ? "Unmatched argument: " : "Unmatched arguments: ") + quoted(others)
        : (options.size() == 1 ? "Unknown option: " : "Unknown options: ") + quoted(options);
  }

  /** Returns the name of an option without its value. */
  private static String name(String word) {
    int end = word.indexOf('=');
    String name = end < 0 ? word : word.substring(0, end);
    boolean shown = name.startsWith("--") || SHORT_NAME.matcher(name).matches();
    return shown || name.length() <= 2 ? name : name.substring(0, 2) + "...";
  }

  private static String quoted(List<String> words) {
    return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(", "));
  }
}
