package io.fleetstop.cli.output;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats a row of comma-separated values (RFC 4180). */
public final class CsvRow {

  /** A spreadsheet computes a cell that starts with one of these. */
  private static final String FORMULA = "=+-@";

  private CsvRow() {}

  /**
   * Returns the row, without a line end. Control characters are escaped, and text that a
   * spreadsheet would take for a formula gets an apostrophe in front.
   */
  public static String of(@Nullable Object... cells) {
    return Arrays.stream(cells).map(CsvRow::cell).collect(Collectors.joining(","));
  }

  private static String cell(@Nullable Object value) {
    if (!(value instanceof String text) || text.isEmpty()) {
      return value == null ? "" : value.toString();
    }
    String shown = (FORMULA.indexOf(text.charAt(0)) >= 0 ? "'" : "") + TerminalText.escape(text);
    return shown.indexOf(',') < 0 && shown.indexOf('"') < 0
        ? shown
        : '"' + shown.replace("\"", "\"\"") + '"';
  }
}
