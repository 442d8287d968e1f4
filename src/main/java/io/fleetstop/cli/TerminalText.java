package io.fleetstop.cli;

/** Text as it may be written to a terminal, whoever it comes from. */
final class TerminalText {

  private TerminalText() {}

  /**
   * Escapes what a terminal or a reader could be deceived by: control characters, line ends, marks
   * that turn the direction of writing, and halves of characters.
   */
  static String escape(String text) {
    if (text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(escaped, c));
    return escaped.toString();
  }

  private static void append(StringBuilder text, int c) {
    boolean isHarmful =
        switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              true;
          default -> false;
        };
    if (isHarmful) {
      text.append(String.format("\\u%04x", c));
    } else {
      text.appendCodePoint(c);
    }
  }

  /** Quotes a word for a POSIX shell, if it needs it. */
  static String shellWord(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
