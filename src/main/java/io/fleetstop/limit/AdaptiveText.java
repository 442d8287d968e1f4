package io.fleetstop.limit;

import io.fleetstop.limit.AdaptiveRate.Phase;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The text of an {@link AdaptiveRate} in a store: all but its bounds and its counts. */
final class AdaptiveText {

  private static final String VERSION = "1";
  private static final int FIELDS = 10;

  private AdaptiveText() {}

  static String of(AdaptiveRate state) {
    return Stream.<Object>of(
            VERSION,
            state.phase(),
            state.origin(),
            state.plateau(),
            state.age(),
            state.lastSuccessAtNanos(),
            state.epochStartNanos(),
            state.corrected(),
            state.stalls().lastReplyAtNanos(),
            state.stalls().stallEndedAtNanos())
        .map(String::valueOf)
        .collect(Collectors.joining(" "));
  }

  /**
   * Returns the state of a text, or one that has no estimate yet if the text is of another version.
   *
   * @param text the text
   * @param rate the rate of the state
   * @param fresh a state with the tuning and the bounds
   * @param nanos the current instant on the clock of the state
   */
  static AdaptiveRate parse(String text, double rate, AdaptiveRate fresh, long nanos) {
    List<String> fields = List.of(text.split(" ", -1));
    double bounded = Math.min(fresh.ceiling(), Math.max(fresh.floor(), rate));
    if (fields.size() != FIELDS || !fields.get(0).equals(VERSION)) {
      return fresh.restartingAt(bounded, nanos);
    }
    try {
      return new AdaptiveRate(
          fresh.tuning(),
          fresh.floor(),
          fresh.ceiling(),
          bounded,
          Phase.valueOf(fields.get(1).toUpperCase(Locale.ROOT)),
          Double.parseDouble(fields.get(2)),
          Double.parseDouble(fields.get(3)),
          Double.parseDouble(fields.get(4)),
          Long.parseLong(fields.get(5)),
          Long.parseLong(fields.get(6)),
          Boolean.parseBoolean(fields.get(7)),
          SlidingCount.none(nanos),
          SlidingCount.none(nanos),
          new ReplyGap(Long.parseLong(fields.get(8)), Long.parseLong(fields.get(9))));
    } catch (IllegalArgumentException unreadable) {
      return fresh.restartingAt(bounded, nanos);
    }
  }
}
