package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every part of 12 characters of a secret is masked, wherever it starts and however it is encoded.
 */
@Tag("guarantee:masking")
class SecretFragmentsTest {

  private static final String TOKEN = "STS2abcdefghijkl/MNOPQRSTUVWX+yz0123456789abcdef==";
  private static final SecretMask MASK =
      SecretMask.of(Credentials.of("AKLTexample", "secretsecretsecret", TOKEN), null);

  private static String escaped(String text, String plain, String format) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      escaped.append(plain.indexOf(c) < 0 ? c : format.formatted((int) c));
    }
    return escaped.toString();
  }

  static Stream<UnaryOperator<String>> encodings() {
    List<UnaryOperator<String>> single =
        List.of(
            UnaryOperator.identity(),
            text -> escaped(text, "/+=", "%%%02X"),
            text -> escaped(text, "/+=%&#", "%%%02x"),
            text -> escaped(text, "/+=%", "=%02X"),
            text -> escaped(text, "/+=\\", "\\x%02x"),
            text -> escaped(text, "/+=\\", "\\u%04X"),
            text -> escaped(text, "/+=&", "&#x%X;"),
            text -> escaped(text, "/+=&", "&#%d;"),
            text -> escaped(text, TOKEN + "&#;\r\n", "&#%d;"),
            text -> escaped(text, TOKEN + "\\\r\n", "\\u%04x"),
            text -> text.replace("&", "&amp;").replace("/", "&sol;").replace("+", "&plus;"),
            text -> text.replace("\\", "\\\\").replace("/", "\\/").replace("\n", "\\n"),
            text -> text.replaceAll("(.{7})(?!$)", "$1\n"),
            text -> text.replaceAll("(.{9})(?!$)", "$1\r\n    "),
            text -> text.replaceAll("(.{9})(?!$)", "$1=\r\n"));
    return single.stream()
        .flatMap(
            outer ->
                single.stream().map(inner -> (UnaryOperator<String>) inner.andThen(outer)::apply));
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void encodedSecret_isMaskedWhole(UnaryOperator<String> encoding) {
    String masked = MASK.text("saw " + encoding.apply(TOKEN) + " end");
    assertThat(masked.replaceAll("\\*{3}[\\s=]*", "***")).isEqualTo("saw ***end");
  }

  /** Also in an encoding that is not known: what is between its escapes is found. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "html STS2abcdefghijkl&#x2F;MNOPQRSTUVWX&#43;yz0123456789abcdef&#61;&#61;",
        "wrapped STS2abcdefghijkl/\n MNOPQRSTUVWX+yz0123456789abcdef==",
        "hex STS2abcdefghijkl\\x2FMNOPQRSTUVWX\\x2byz0123456789abcdef",
        "suffix ...MNOPQRSTUVWX+yz0123456789abcdef==",
        "quoted STS2abcdefghijkl=2FMNOPQRSTUVWX=2Byz0123456789abcdef",
        "unknown STS2abcdefghijkl<2F>MNOPQRSTUVWX<2B>yz0123456789abcdef"
      })
  void remainder_isMasked(String message) {
    assertThat(MASK.text(message))
        .doesNotContain("STS2")
        .doesNotContain("MNOPQ")
        .doesNotContain("abcdef");
  }

  @Test
  void partOfTwelveCharacters_isMaskedWhereverItStarts() {
    for (int start = 0; start + 12 <= TOKEN.length(); start++) {
      String part = TOKEN.substring(start, start + 12);
      for (int before = 0; before < 12; before++) {
        String text = "-".repeat(before) + part + "-";
        assertThat(MASK.text(text)).isEqualTo("-".repeat(before) + "***-");
        assertThat(MASK.value(text)).isEqualTo("-".repeat(before) + "***-");
        assertThat(MASK.identifier(text)).doesNotContain(part.substring(0, 3));
      }
      String shorter = "<" + part.substring(0, 11) + ">";
      assertThat(MASK.text(shorter)).isEqualTo(shorter);
    }
  }

  @Test
  void secretWithEscapesOfItsOwn_isMasked() {
    SecretMask mask = SecretMask.ofTokens("a%2Fb\\nc&amp;d=3De%252Ffghijkl");
    assertThat(mask.text("<a%2Fb\\nc&amp;d=3De%252Ffghijkl>")).isEqualTo("<***>");
    assertThat(mask.text("<" + escaped("a%2Fb\\nc&amp;d=3De%252Ffghijkl", "%", "%%%02X") + ">"))
        .isEqualTo("<***>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "web-server-1",
        "100% & more = \\o/ \n next",
        "\u6d4b\u8bd5-\ud83d\ude00\u200d\ud83d\ude00",
        "AKLTnotours0123456789",
        "abcdefghijk.STS2abcdefg",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ""
      })
  void valueWithoutASecret_isUnchanged(String name) {
    assertThat(MASK.value(name)).isSameAs(name);
  }

  @Test
  void longValue_isCut() {
    assertThat(MASK.value("x".repeat(65_536))).isEqualTo("x".repeat(65_536));
    assertThat(MASK.value("x".repeat(65_537))).hasSizeLessThan(65_536).endsWith("x\u2026");
    assertThat(MASK.value("x".repeat(65_510) + TOKEN)).doesNotContain("STS2");
  }

  /** Texts in which a search could start again at each character, or finds something at each. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "\\",
        "%25",
        "&amp;",
        "&",
        "=",
        "\n",
        " ",
        "STS2abcdefghijkl/MNOPQRSTUVWX+yz0123456789abcdef==",
        "STS2abcdefgh",
        "abcdefg"
      })
  void longText_isMaskedInBoundedTime(String part) {
    String text = part.repeat(64 * 1024 / part.length());
    SecretMask repetitive = SecretMask.ofTokens((part + "0").repeat(64 * 1024 / part.length()));
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertThat(MASK.text(text)).hasSizeLessThan(7_000);
          assertThat(MASK.value(text)).doesNotContain("abcdefghijkl");
          assertThat(repetitive.value(text)).hasSizeLessThan(65_538);
        });
  }

  @Test
  void caseOfEscapes_doesNotMatter() {
    String escaped = escaped(TOKEN, "/+=", "%%%02X").toLowerCase(Locale.ROOT);
    assertThat(SecretMask.ofTokens(TOKEN.toLowerCase(Locale.ROOT)).text(escaped)).isEqualTo("***");
  }
}
