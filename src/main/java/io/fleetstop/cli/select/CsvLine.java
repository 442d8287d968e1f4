package io.fleetstop.cli.select;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A line of a CSV file, separated by commas, semicolons or tabs. */
final class CsvLine {

  /** The names of the column of ids, in lower case and without blanks, {@code _} and {@code -}. */
  private static final Set<String> ID_COLUMNS =
      Set.of("instanceid", "id", "ecsinstanceid", "instance", "\u5b9e\u4f8bid");

  private static final String SEPARATORS = ",;\t";
  private static final char QUOTE = '"';

  private CsvLine() {}

  /** Returns the cells without quotes and blanks around them, and without empty ones at the end. */
  static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    split(line, cells);
    while (cells.size() > 1 && cells.get(cells.size() - 1).isEmpty()) {
      cells.remove(cells.size() - 1);
    }
    return cells;
  }

  /** Whether a quoted cell continues on the next line. */
  static boolean isOpen(String line) {
    return split(line, new ArrayList<>());
  }

  /** Adds the cells of a line, and returns whether the last one has an open quote. */
  private static boolean split(String line, List<String> cells) {
    StringBuilder cell = new StringBuilder();
    boolean isQuoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (isQuoted && c == QUOTE && i + 1 < line.length() && line.charAt(i + 1) == QUOTE) {
        // A doubled quote stands for the quote itself.
        cell.append(c);
        i++;
      } else if (c == QUOTE && (isQuoted || cell.toString().isBlank())) {
        isQuoted = !isQuoted;
      } else if (!isQuoted && SEPARATORS.indexOf(c) >= 0) {
        cells.add(cell.toString().strip());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString().strip());
    return isQuoted;
  }

  /** Returns the index of the column of ids, or {@code null} if the line is no header. */
  static @Nullable Integer idColumn(List<String> header) {
    for (int i = 0; i < header.size(); i++) {
      String name = header.get(i).toLowerCase(Locale.ROOT).replaceAll("[\\s_-]", "");
      if (ID_COLUMNS.contains(name)) {
        return i;
      }
    }
    return null;
  }
}
