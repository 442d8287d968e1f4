package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TerminalTextTest {

  @Test
  void printableText_isUnchanged() {
    assertThat(TerminalText.escape("Not found: i-1 (HTTP 404)"))
        .isEqualTo("Not found: i-1 (HTTP 404)");
    assertThat(TerminalText.escape("\u5b9e\u4f8b \ud83d\ude00"))
        .isEqualTo("\u5b9e\u4f8b \ud83d\ude00");
  }

  @Test
  void controlAndFormatCharacters_areEscaped() {
    assertThat(TerminalText.escape("a\u001b[2Jb")).isEqualTo("a\\u001b[2Jb");
    assertThat(TerminalText.escape("a\r\nb\tc\u007f")).isEqualTo("a\\u000d\\u000ab\\u0009c\\u007f");
    assertThat(TerminalText.escape("\u009b31m")).isEqualTo("\\u009b31m");
    assertThat(TerminalText.escape("\u202eevil\u2028")).isEqualTo("\\u202eevil\\u2028");
    assertThat(TerminalText.escape("\udb40\udc41" + "1")).isEqualTo("\\u{e0041}1");
    assertThat(TerminalText.escape("\ud800")).isEqualTo("\\ud800");
  }

  @Test
  void columns_areThoseOfATerminal() {
    assertThat(TerminalText.columns("dev")).isEqualTo(3);
    assertThat(TerminalText.columns("\u6d4b\u8bd5-1")).isEqualTo(6);
    assertThat(TerminalText.columns("\ud83d\ude00")).isEqualTo(2);
    assertThat(TerminalText.columns("e\u0301")).isEqualTo(1);
    assertThat(TerminalText.padded("\u6d4b\u8bd5", 6)).isEqualTo("\u6d4b\u8bd5  ");
    assertThat(TerminalText.padded("a\u001b", 9)).isEqualTo("a\\u001b  ");
    assertThat(TerminalText.padded("longer", 3)).isEqualTo("longer");
  }

  @Test
  void shellWord_isQuotedIfNeeded() {
    assertThat(TerminalText.shellWord("--rate=5")).isEqualTo("--rate=5");
    assertThat(TerminalText.shellWord("my ids.txt")).isEqualTo("'my ids.txt'");
    assertThat(TerminalText.shellWord("it's")).isEqualTo("'it'\\''s'");
    assertThat(TerminalText.shellWord("")).isEqualTo("''");
  }

  @Test
  void numbers_areIndependentOfTheLocale() {
    assertThat(TerminalText.count(1_234_567)).isEqualTo("1,234,567");
    assertThat(TerminalText.rate(5, Duration.ofSeconds(2))).isEqualTo("2.5/s");
    assertThat(TerminalText.rate(2_000, Duration.ofSeconds(2))).isEqualTo("1,000/s");
    assertThat(TerminalText.rate(0, Duration.ZERO)).isEqualTo("0.0/s");
    assertThat(TerminalText.share(0)).isEqualTo("0.0%");
    assertThat(TerminalText.share(0.0001)).isEqualTo("<0.1%");
    assertThat(TerminalText.share(0.125)).isEqualTo("12.5%");
    assertThat(TerminalText.share(0.9999)).isEqualTo(">99.9%");
    assertThat(TerminalText.share(1)).isEqualTo("100.0%");
    assertThat(TerminalText.time(Duration.ofMillis(4_230))).isEqualTo("4.2 s");
    assertThat(TerminalText.time(Duration.ofSeconds(725))).isEqualTo("12 min 5 s");
    assertThat(TerminalText.time(Duration.ofMinutes(182))).isEqualTo("3 h 2 min");
  }
}
