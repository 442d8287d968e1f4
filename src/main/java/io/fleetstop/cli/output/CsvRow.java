package io.fleetstop.cli.output;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats a row of comma-separated values (RFC 4180). */
public final class CsvRow {

  /**
   * A spreadsheet computes a cell that starts with one of these signs, in some languages also with
   * their full-width forms. Where another separator than the comma is usual, a cell starts behind
   * that too, whatever the quotes around it are.
   */
  private static final Pattern FORMULA =
      Pattern.compile(
          "(^|[,;|\\t\\r\\n])([\\p{Zs}\"]*+)(?=[=+@\\uff1d\\uff0b\\uff20\\uff0d\\u2212-])");

  private static final Pattern SPECIAL = Pattern.compile("[,;|\"]");

  private CsvRow() {}

  /**
   * Returns the row, without a line end. Control characters are escaped, and text that a
   * spreadsheet would take for a formula gets an apostrophe in front, also within a cell where
   * another separator would begin a new one.
   */
  public static String of(@Nullable Object... cells) {
    return Arrays.stream(cells).map(CsvRow::cell).collect(Collectors.joining(","));
  }

  private static String cell(@Nullable Object value) {
    if (!(value instanceof String text) || text.isEmpty()) {
      return value == null ? "" : value.toString();
    }
    String shown = TerminalText.escape(FORMULA.matcher(text).replaceAll("$1$2'"));
    return !SPECIAL.matcher(shown).find() ? shown : '"' + shown.replace("\"", "\"\"") + '"';
  }
}
