package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {

  @ParameterizedTest
  @ValueSource(chars = {0, '\n', 0x1b, 0x1f, 0x7f, 0x80, 0x9f, '\u2028', '\u202e', '\ud800'})
  void controlCharacters_areEscaped(char c) {
    String escaped = String.format("\\u%04x", (int) c);

    assertThat(Printable.of(String.valueOf(c))).isEqualTo(escaped);
    assertThat(Printable.of(c + "a")).isEqualTo(escaped + "a");
    assertThat(Printable.of("a" + c)).isEqualTo("a" + escaped);
  }

  @Test
  void printableText_isUnchanged() {
    String text = " ~aZ09 \u00a0\u00e9\u4e2d\ud83d\ude00";

    assertThat(Printable.of(text)).isEqualTo(text);
    assertThat(Printable.of("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0xe0041, 0xe0001, 0x1d173, 0x1bca0})
  void charactersBeyondFourDigits_areEscapedUnambiguously(int c) {
    String text = Character.toString(c);

    assertThat(Printable.of("a" + text + "1")).isEqualTo("a\\u{" + Integer.toHexString(c) + "}1");
  }
}
