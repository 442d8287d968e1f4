package io.fleetstop.model;

/** Formats values for error messages. */
final class Text {

  private static final int MAX_SHOWN = 80;

  private Text() {}

  /** The value in quotes, shortened, with everything but printable ASCII escaped. */
  static String quote(String value) {
    StringBuilder text = new StringBuilder("\"");
    int shown = Math.min(value.length(), MAX_SHOWN);
    for (int i = 0; i < shown; i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c < 0x7f) {
        text.append(c);
      } else {
        text.append(String.format("\\u%04x", (int) c));
      }
    }
    return text.append(shown < value.length() ? "\u2026\"" : "\"").toString();
  }
}
