package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import java.io.IOException;
import java.io.Reader;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text, which end as those of {@link java.io.BufferedReader#readLine()} do. A binary
 * file or a device may have a line that exceeds the memory.
 */
final class BoundedLines {

  static final int MAX_LINE = 65_536;

  private final Reader reader;
  private final Function<String, CommandFailure> rejected;
  private boolean afterCarriageReturn;

  /**
   * Reads from a reader, which should be buffered.
   *
   * @param rejected returns the failure for a rule that a line breaks
   */
  BoundedLines(Reader reader, Function<String, CommandFailure> rejected) {
    this.reader = reader;
    this.rejected = rejected;
  }

  /**
   * Returns the next line, or {@code null} after the last one.
   *
   * @throws CommandFailure if it is too long
   */
  @Nullable String next() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      boolean endsPair = c == '\n' && afterCarriageReturn;
      afterCarriageReturn = c == '\r';
      if (endsPair) {
        continue;
      }
      if (c == '\n' || c == '\r') {
        return text.toString();
      }
      if (text.length() == MAX_LINE) {
        throw rejected.apply("must have at most " + MAX_LINE + " characters");
      }
      text.append((char) c);
    }
    return text.isEmpty() ? null : text.toString();
  }
}
