package io.fleetstop.error;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes foreign text fit for messages and logs. */
public final class Printable {

  /**
   * Unassigned code points count, because a terminal may know a newer version of Unicode than this
   * JVM and treat them as format characters. Planes 2 and 3 are left out: they have ideographs
   * only, which occur in names. The last two classes have letters and marks without a shape, and
   * variation selectors: two names that differ in them only look the same.
   */
  private static final Pattern UNPRINTABLE =
      Pattern.compile(
          "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]"
              + "|[\\p{Cn}&&[^\\x{20000}-\\x{2fffd}\\x{30000}-\\x{3fffd}]]"
              + "|[\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u2800\\u3164\\uffa0]"
              + "|[\\u180b-\\u180d\\u180f\\ufe00-\\ufe0f\\x{e0100}-\\x{e01ef}]");

  /** What can hold an address. */
  private static final Pattern WORD = Pattern.compile("[^\\s\"]++");

  private static final String USER_START = "//";

  private Printable() {}

  /**
   * Escapes what could forge a line of a log or control a terminal: control and format characters,
   * line ends, unassigned code points, letters without a shape, variation selectors, and unpaired
   * surrogates.
   */
  public static String of(String text) {
    return isPrintableAscii(text)
        ? text
        : UNPRINTABLE
            .matcher(text)
            .replaceAll(found -> Matcher.quoteReplacement(escape(found.group().codePointAt(0))));
  }

  /**
   * Returns an address, also a malformed one, without its user information. What stands before the
   * last {@code @} is taken as such: a mistyped password may contain any character.
   *
   * @param address an address with or without a scheme, and nothing else
   */
  public static String addressWithoutUserInfo(String address) {
    int scheme = address.indexOf("://");
    int start = scheme < 0 ? 0 : scheme + "://".length();
    int end = address.lastIndexOf('@');
    return end < start ? address : address.substring(0, start) + "***" + address.substring(end);
  }

  /**
   * Returns a duration as users write it: {@code 1h30m}, {@code 500ms}, {@code 0s}. Parts of a
   * millisecond are in the form of ISO-8601.
   */
  public static String duration(Duration duration) {
    if (!duration.equals(duration.truncatedTo(ChronoUnit.MILLIS))) {
      return duration.toString();
    }
    if (duration.isNegative()) {
      return "-" + duration(duration.negated());
    }
    String text =
        part(duration.toDays(), "d")
            + part(duration.toHoursPart(), "h")
            + part(duration.toMinutesPart(), "m")
            + part(duration.toSecondsPart(), "s")
            + part(duration.toMillisPart(), "ms");
    return text.isEmpty() ? "0s" : text;
  }

  private static String part(long amount, String unit) {
    return amount == 0 ? "" : amount + unit;
  }

  /**
   * Returns the text without the user information of addresses, which may be a password: up to the
   * last {@code @}, because a password may have one, and slashes. Takes linear time.
   */
  public static String withoutUserInfo(String text) {
    if (!text.contains(USER_START) || text.indexOf('@') < 0) {
      return text;
    }
    return WORD.matcher(text)
        .replaceAll(word -> Matcher.quoteReplacement(withoutUser(word.group())));
  }

  private static String withoutUser(String word) {
    int start = word.indexOf(USER_START);
    int end = word.lastIndexOf('@');
    return start < 0 || end < start + USER_START.length()
        ? word
        : word.substring(0, start) + "//***" + word.substring(end);
  }

  /**
   * Returns the escape of a character: a backslash, {@code u} and four digits. More digits stand in
   * braces, because their end would be unclear otherwise.
   */
  public static String escape(int codePoint) {
    return String.format(codePoint > 0xffff ? "\\u{%x}" : "\\u%04x", codePoint);
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
