package io.fleetstop.cli.select;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row of a CSV file, separated by commas, semicolons or tabs. A quoted cell may continue on the
 * next lines; each character is read once, since anybody may have written the file.
 */
final class CsvLine {

  /** The names of the column of ids, in lower case and without blanks, {@code _} and {@code -}. */
  private static final Set<String> ID_COLUMNS =
      Set.of("instanceid", "id", "ecsinstanceid", "instance", "\u5b9e\u4f8bid");

  private static final String SEPARATORS = ",;\t";
  private static final char QUOTE = '"';

  private final List<String> cells = new ArrayList<>();
  private final StringBuilder cell = new StringBuilder();
  private boolean quoted;
  private boolean blank = true;

  /** Begins a row with its first line. */
  CsvLine(String line) {
    split(line);
  }

  /** Returns the cells of a row of one line. */
  static List<String> cells(String line) {
    return new CsvLine(line).cells();
  }

  /** Returns the cells without quotes and blanks around them, and without empty ones at the end. */
  List<String> cells() {
    List<String> all = new ArrayList<>(cells);
    all.add(cell.toString().strip());
    while (all.size() > 1 && all.get(all.size() - 1).isEmpty()) {
      all.remove(all.size() - 1);
    }
    return all;
  }

  /** Whether a quoted cell continues on the next line. */
  boolean isOpen() {
    return quoted;
  }

  /** Adds the next line of the open cell. */
  void append(String line) {
    cell.append('\n');
    split(line);
  }

  private void split(String line) {
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quoted && c == QUOTE && i + 1 < line.length() && line.charAt(i + 1) == QUOTE) {
        // A doubled quote stands for the quote itself.
        add(c);
        i++;
      } else if (c == QUOTE && (quoted || blank)) {
        quoted = !quoted;
      } else if (!quoted && SEPARATORS.indexOf(c) >= 0) {
        cells.add(cell.toString().strip());
        cell.setLength(0);
        blank = true;
      } else {
        add(c);
      }
    }
  }

  private void add(char c) {
    cell.append(c);
    blank &= Character.isWhitespace(c);
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
