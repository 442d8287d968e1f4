package io.fleetstop.cli.output;

import io.fleetstop.error.Printable;
import java.time.Duration;
import java.util.Locale;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Escapes text of any origin for a terminal. */
public final class TerminalText {

  private TerminalText() {}

  /**
   * Escapes what could deceive a terminal or a reader: control characters, line ends, bidirectional
   * marks and unpaired surrogates.
   */
  public static String escape(String text) {
    return Printable.of(text);
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
