package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fleetstop.error.Printable;
import io.fleetstop.junit.Child;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report's page hides no character that the terminal shows escaped, and escapes it alike. */
@Tag("guarantee:html-escape")
class VisibleTextTest {

  private static final String ESCAPED =
      """
      ;
      for (let c = 0; c <= 0x10ffff; c++) {
        const shown = make.visible(String.fromCodePoint(c));
        if (shown !== String.fromCodePoint(c)) console.log(c.toString(16) + ' ' + shown);
      }
      """;

  @TempDir private Path directory;

  private List<String> lines(String script) throws Exception {
    Path file = Files.writeString(directory.resolve("script.js"), script);
    Child.End end;
    try {
      end = Child.run(new ProcessBuilder("node", file.toString()), Duration.ofSeconds(50));
    } catch (IOException e) {
      assumeThat(e).as("node is not installed").isNull();
      throw e;
    }
    assertThat(end.exitCode()).as(end.err()).isZero();
    return end.out().lines().toList();
  }

  private static String script() throws IOException {
    try (InputStream script =
        Objects.requireNonNull(HtmlReportWriter.class.getResourceAsStream("make.js"))) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void page_escapesWhatTheTerminalEscapes() throws Exception {
    BitSet escaped = new BitSet();
    for (String line : lines(script() + ESCAPED)) {
      int space = line.indexOf(' ');
      int c = Integer.parseInt(line.substring(0, space), 16);
      escaped.set(c);
      assertThat(line.substring(space + 1)).isEqualTo(Printable.escape(c));
    }
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      boolean byTerminal = !Printable.of(Character.toString(c)).equals(Character.toString(c));
      // A browser knows newer versions of Unicode, in which such a code point has a character.
      if (escaped.get(c) != byTerminal && Character.getType(c) != Character.UNASSIGNED) {
        throw new AssertionError("U+" + Integer.toHexString(c) + ", by terminal: " + byTerminal);
      }
    }
  }
}
