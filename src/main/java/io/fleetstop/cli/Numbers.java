package io.fleetstop.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them, the same in every locale. */
final class Numbers {

  private Numbers() {}

  /** A count with its thousands apart. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A rate per second of so many in so long. */
  static String rate(long count, Duration elapsed) {
    double seconds = Math.max(0.001, elapsed.toMillis() / 1000.0);
    return rate(count / seconds);
  }

  /** A rate per second. */
  static String rate(double rate) {
    return String.format(Locale.ROOT, rate < 10 ? "%.1f/s" : "%,.0f/s", rate);
  }

  /** A share of one, in per cent. */
  static String share(double share) {
    if (share > 0 && share < 0.001) {
      return "<0.1%";
    }
    return share < 1 && share > 0.999
        ? ">99.9%"
        : String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }

  /** A time: {@code 4.2 s}, {@code 12 min 5 s}, {@code 3 h 2 min}. */
  static String time(Duration time) {
    if (time.toMinutes() < 1) {
      return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }
    return time.toHours() < 1
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : time.toHours() + " h " + time.toMinutesPart() + " min";
  }
}
