package io.fleetstop.cli.output;

import io.fleetstop.error.Printable;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Escapes text of any origin for a terminal. */
public final class TerminalText {

  private static final int FIRST_WIDE = 0x1100;

  /** East Asian Wide and Fullwidth of Unicode. */
  private static final Pattern WIDE =
      Pattern.compile(
          "[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\ua000-\\ua4cf"
              + "\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6"
              + "\\x{1f300}-\\x{1f64f}\\x{1f680}-\\x{1f6ff}\\x{1f900}-\\x{1f9ff}\\x{20000}-\\x{3fffd}]");

  private TerminalText() {}

  /**
   * Escapes what could deceive a terminal or a reader: control characters, line ends, bidirectional
   * marks and unpaired surrogates.
   */
  public static String escape(String text) {
    return Printable.of(text);
  }

  /** Returns how many columns of a terminal a printable text takes: ideographs take two. */
  public static int columns(String text) {
    return text.codePoints().map(TerminalText::columns).sum();
  }

  private static int columns(int character) {
    if (character < FIRST_WIDE) {
      return isMark(character) ? 0 : 1;
    }
    return WIDE.matcher(Character.toString(character)).matches() ? 2 : isMark(character) ? 0 : 1;
  }

  private static boolean isMark(int character) {
    int type = Character.getType(character);
    return type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK;
  }

  /** Returns a text that takes at least {@code width} columns of a terminal, escaped. */
  public static String padded(String text, int width) {
    String escaped = escape(text);
    return escaped + " ".repeat(Math.max(0, width - columns(escaped)));
  }

  /** Quotes a word for a POSIX shell, if it needs it. */
  public static String shellWord(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /**
   * Replaces the user and the password in an address by a placeholder. What stands before the last
   * {@code @} is taken as such, because a mistyped address may have more than one.
   *
   * @param address an address with or without a scheme
   */
  public static String withoutUserInfo(String address) {
    int scheme = address.indexOf("://");
    int start = scheme < 0 ? 0 : scheme + "://".length();
    int end = address.lastIndexOf('@');
    return end <= start
        ? address
        : address.substring(0, start) + "USER:PASSWORD" + address.substring(end);
  }

  /** Formats a count with thousands separators. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Formats a number of instances. */
  public static String instances(long count) {
    return count(count) + (count == 1 ? " instance" : " instances");
  }

  /** Formats the rate per second of a count in a duration. */
  public static String rate(long count, Duration elapsed) {
    double seconds = Math.max(0.001, elapsed.toMillis() / 1000.0);
    return rate(count / seconds);
  }

  /** Formats a rate per second. */
  public static String rate(double rate) {
    return String.format(Locale.ROOT, rate < 10 ? "%.1f/s" : "%,.0f/s", rate);
  }

  /** Formats a fraction as a percentage. */
  public static String share(double share) {
    if (share > 0 && share < 0.001) {
      return "<0.1%";
    }
    return share < 1 && share > 0.999
        ? ">99.9%"
        : String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }

  /** Formats a duration: {@code 4.2 s}, {@code 12 min 5 s}, {@code 3 h 2 min}. */
  public static String time(Duration time) {
    if (time.toMinutes() < 1) {
      return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }
    return time.toHours() < 1
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : time.toHours() + " h " + time.toMinutesPart() + " min";
  }

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  public static String line(JsonNode object) {
    return MAPPER.writeValueAsString(object);
  }
}
