package io.fleetstop.error;

import java.util.regex.Pattern;

/** Escapes foreign text for messages and logs. */
public final class Printable {

  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]");

  private Printable() {}

  /**
   * Escapes what could forge a line of a log or control a terminal: control characters, line ends,
   * bidirectional marks and unpaired surrogates.
   */
  public static String of(String text) {
    return isPrintableAscii(text)
        ? text
        : UNPRINTABLE
            .matcher(text)
            .replaceAll(found -> String.format("\\\\u%04x", found.group().codePointAt(0)));
  }

  // Fast path for request ids, which every success has.
  private static boolean isPrintableAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) >= 0x7f) {
        return false;
      }
    }
    return true;
  }
}
