package io.fleetstop.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One row of the table: the cost of one contender's calls or other operations.
 *
 * @param what the benchmark, the same for all that are compared with one another
 * @param who the contender
 * @param figures the measured figures
 * @param ratios the figures relative to the floor's; empty for the floor itself
 * @param claims the ratios that have a target
 */
public record Row(
    String what,
    String who,
    Map<Measure, Double> figures,
    Map<Measure, Double> ratios,
    List<Claim> claims) {

  /** The measured quantities. Times are in nanoseconds. */
  public enum Measure {
    /** The median of one operation's duration. */
    TIME("time"),
    /** The 99th percentile of the duration. */
    P99("p99"),
    /** Operations per second. */
    RATE("per second"),
    /** The process's processor time for one operation. */
    CPU("CPU"),
    /** The heap allocation of one operation. */
    BYTES("bytes");

    private final String label;

    Measure(String label) {
      this.label = label;
    }

    /** The column. */
    public String label() {
      return label;
    }

    String text(double figure) {
      return switch (this) {
        case TIME, P99, CPU -> duration(figure);
        case RATE, BYTES -> String.format(Locale.ROOT, "%,.0f", figure);
      };
    }

    private static String duration(double nanos) {
      if (nanos < 1e3) {
        return String.format(Locale.ROOT, "%.0f ns", nanos);
      }
      return nanos < 1e6
          ? String.format(Locale.ROOT, "%.3g us", nanos / 1e3)
          : String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
    }
  }

  /** A ratio that has a target. */
  public record Claim(String name, double ratio, double target, boolean atMost) {

    boolean isMet() {
      return atMost ? ratio <= target : ratio >= target;
    }

    private String text() {
      return String.format(
          Locale.ROOT,
          "%s %.2f %s %.2f: %s",
          name,
          ratio,
          atMost ? "<=" : ">=",
          target,
          isMet() ? "met" : "**missed**");
    }
  }

  /** A row of figures alone. */
  public static Row of(String what, String who, Map<Measure, Double> figures) {
    return new Row(what, who, Collections.unmodifiableMap(figures), Map.of(), List.of());
  }

  /**
   * Returns this row with its ratios to the floor; unchanged if there is none or it is the floor.
   */
  public Row against(Row floor) {
    if (floor == null || floor == this) {
      return this;
    }
    Map<Measure, Double> compared = new EnumMap<>(Measure.class);
    figures.forEach(
        (measure, figure) -> {
          if (floor.figures.containsKey(measure)) {
            compared.put(measure, figure / floor.figures.get(measure));
          }
        });
    return new Row(what, who, figures, compared, claims);
  }

  /** Adds a target for the ratio to the floor, if there is a ratio. */
  public Row atMost(Measure measure, double target) {
    return ratios.containsKey(measure)
        ? with(new Claim(measure.label(), ratios.get(measure), target, true))
        : this;
  }

  /** Adds a target for the ratio to another row, if there is one. */
  public Row atLeast(Measure measure, Row other, double target) {
    return other == null
        ? this
        : with(
            new Claim(
                measure.label() + " of " + other.who + "'s",
                figures.get(measure) / other.figures.get(measure),
                target,
                false));
  }

  /** Adds a claim. */
  public Row with(Claim claim) {
    List<Claim> all = new ArrayList<>(claims);
    all.add(claim);
    return new Row(what, who, figures, ratios, List.copyOf(all));
  }

  /** Prints rows as one table in Markdown. */
  public static void print(List<Row> rows) {
    StringBuilder head = new StringBuilder("| benchmark | who |");
    StringBuilder line = new StringBuilder("|---|---|");
    for (Measure measure : Measure.values()) {
      head.append(' ').append(measure.label()).append(" |");
      line.append("---:|");
    }
    System.out.println(head + " of the floor | targets |");
    System.out.println(line + "---|---|");
    rows.forEach(row -> System.out.println(row.line()));
  }

  private String line() {
    StringBuilder line = new StringBuilder("| " + what + " | " + who + " |");
    for (Measure measure : Measure.values()) {
      Double figure = figures.get(measure);
      line.append(' ').append(figure == null ? "" : measure.text(figure)).append(" |");
    }
    List<String> compared = new ArrayList<>();
    ratios.forEach(
        (measure, ratio) ->
            compared.add(String.format(Locale.ROOT, "%s %.2f", measure.label(), ratio)));
    line.append(' ').append(String.join(", ", compared)).append(" | ");
    return line.append(String.join("; ", claims.stream().map(Claim::text).toList()))
        .append(" |")
        .toString();
  }
}
