package io.fleetstop.error;

import java.util.regex.Pattern;

/** Text from elsewhere, as it may stand in a message or a log. */
public final class Printable {

  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]");

  private Printable() {}

  /**
   * The text with everything escaped that could forge a line of a log or steer a terminal: control
   * characters, line ends, marks that turn the direction of writing, and halves of characters.
   */
  public static String of(String text) {
    return isPrintableAscii(text)
        ? text
        : UNPRINTABLE
            .matcher(text)
            .replaceAll(found -> String.format("\\\\u%04x", found.group().codePointAt(0)));
  }

  // Request ids and codes are, and every success has one: it takes no pattern to see that.
  private static boolean isPrintableAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) >= 0x7f) {
        return false;
      }
    }
    return true;
  }
}
