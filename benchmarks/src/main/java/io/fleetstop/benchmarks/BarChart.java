package io.fleetstop.benchmarks;

import io.fleetstop.benchmarks.Row.Measure;
import java.util.List;
import java.util.Locale;

/** The picture for the README: processor time and memory of one call, by whom it is made. */
final class BarChart {

  private static final String SHOWN = "call, 64 in flight";
  private static final List<String> WHO = List.of("floor", "ours", "official", "aws");
  private static final int LABEL = 190;
  private static final int BAR = 400;
  private static final int LINE = 26;
  private static final int WIDTH = LABEL + BAR + 110;

  private BarChart() {}

  /** An SVG of the calls with 64 in flight; without bars where there are none. */
  static String of(List<Row> all) {
    List<Row> rows =
        all.stream()
            .filter(row -> row.what().startsWith(SHOWN) && WHO.contains(row.who()))
            .toList();
    StringBuilder svg = new StringBuilder();
    int y = 10;
    y = panel(svg, y, "Processor time per call", rows, Measure.CPU);
    y = panel(svg, y, "Bytes allocated per call", rows, Measure.BYTES);
    return String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"13\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n",
            WIDTH,
            y)
        + svg
        + "</svg>\n";
  }

  private static int panel(
      StringBuilder svg, int top, String title, List<Row> rows, Measure measure) {
    int y = top + 18;
    svg.append(
        String.format(
            Locale.ROOT, "<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>%n", y, title));
    double most = rows.stream().mapToDouble(row -> row.figures().get(measure)).max().orElse(1);
    for (Row row : rows) {
      y += LINE;
      double figure = row.figures().get(measure);
      double width = Math.max(1, BAR * figure / most);
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"10\" y=\"%d\">%s</text>"
                  + "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>"
                  + "<text x=\"%.1f\" y=\"%d\">%s</text>%n",
              y,
              name(row.who()),
              LABEL,
              y - 13,
              width,
              row.who().equals("ours") ? "#1769aa" : "#9aa5b1",
              LABEL + width + 6,
              y,
              measure.text(figure)));
    }
    return y + LINE;
  }

  private static String name(String who) {
    return switch (who) {
      case "floor" -> "Reactor Netty alone";
      case "ours" -> "fleetstop";
      case "official" -> "Volcengine Java SDK";
      case "aws" -> "AWS SDK v2, EC2 async";
      default -> who;
    };
  }
}
