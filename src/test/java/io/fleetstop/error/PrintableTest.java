package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  @ParameterizedTest
  @ValueSource(ints = {0x0890, 0x0891, 0x2065, 0xfff0, 0xfffe, 0x13440, 0xe0000, 0xe0fff, 0x2ffff})
  void unassignedAndFormatCharacters_areEscaped(int c) {
    assertThat(Printable.of("a" + Character.toString(c) + "b"))
        .isEqualTo("a" + Printable.escape(c) + "b");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0})
  void lettersWithoutShape_areEscaped(int c) {
    assertThat(Printable.of(Character.toString(c))).isEqualTo(Printable.escape(c));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x180b, 0x180d, 0x180f, 0xfe00, 0xfe0f, 0xe0100, 0xe01ef})
  void variationSelectors_areEscaped(int c) {
    assertThat(Printable.of("web" + Character.toString(c) + "1"))
        .isEqualTo("web" + Printable.escape(c) + "1");
  }

  @Test
  void printableText_isUnchanged() {
    // The last two are ideographs of extensions H and I, which JDK 17 does not know yet.
    String text =
        " ~aZ09 \u00a0\u00e9\u4e2d\ud83d\ude00"
            + Character.toString(0x31350)
            + Character.toString(0x2ebf0);

    assertThat(Printable.of(text)).isEqualTo(text);
    assertThat(Printable.of("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0xe0041, 0xe0001, 0x1d173, 0x1bca0})
  void charactersBeyondFourDigits_areEscapedUnambiguously(int c) {
    String text = Character.toString(c);

    assertThat(Printable.of("a" + text + "1")).isEqualTo("a\\u{" + Integer.toHexString(c) + "}1");
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT0.001S, 1ms",
    "PT0.5S, 500ms",
    "PT1.5S, 1s500ms",
    "PT1M30S, 1m30s",
    "PT1H30M, 1h30m",
    "PT49H1M1.001S, 2d1h1m1s1ms",
    "PT-5S, -5s",
    "PT0.0001S, PT0.0001S"
  })
  void printsDurationsAsUsersWriteThem(Duration duration, String written) {
    assertThat(Printable.duration(duration)).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource({
    "see http://u:p@h/x and ftp://v@h,see http://***@h/x and ftp://***@h",
    "http://u:p//q@r@h,http://***@h",
    "//@,//***@",
    "u@h //x,u@h //x",
    "a@//b,a@//b",
    "'\"http://u:p@h\", \"x@y\"','\"http://***@h\", \"x@y\"'",
    "//,//"
  })
  void userInformationOfAddresses_isReplaced(String text, String shown) {
    assertThat(Printable.withoutUserInfo(text)).isEqualTo(shown);
  }

  /** With a text of slashes, quadratic time would be hours. */
  @Test
  void userInformation_isSearchedInLinearTime() {
    String slashes = "/".repeat(4_000_000);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertThat(Printable.withoutUserInfo("@" + slashes)).hasSize(4_000_001);
          assertThat(Printable.withoutUserInfo("//a@ ".repeat(200_000))).hasSize(1_400_000);
        });
  }
}
