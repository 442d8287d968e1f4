package io.fleetstop.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalQueryTest {

  private static final long SEED = 20261123;
  private static final String RESERVED = ":/?#[]@!$&'()*+,;= %\"<>\\^`{|}\t\n\r\0\u007f";

  @Test
  void characters_areEncodedUnlessUnreserved() {
    assertThat(CanonicalQuery.of(Map.of("ClientToken", "a b/c+d=e~f*(g)!'-_.")))
        .isEqualTo("ClientToken=a%20b%2Fc%2Bd%3De~f%2A%28g%29%21%27-_.");
    assertThat(CanonicalQuery.of(Map.of("k", "\u00e9\u4e2d\ud83d\ude00")))
        .isEqualTo("k=%C3%A9%E4%B8%AD%F0%9F%98%80");
  }

  @Test
  void emptyValue_keepsItsEqualsSign() {
    assertThat(CanonicalQuery.of(Map.of("DryRun", ""))).isEqualTo("DryRun=");
  }

  @Test
  void noParameters_emptyQuery() {
    assertThat(CanonicalQuery.of(Map.of())).isEmpty();
  }

  @Test
  void names_areSortedByTheirEncodedBytes() {
    // plain order would be B, a, z, e acute; encoded, the percent sign comes before every letter
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("z", "1");
    parameters.put("\u00e9", "2");
    parameters.put("a", "3");
    parameters.put("B", "4");

    assertThat(CanonicalQuery.of(parameters)).isEqualTo("%C3%A9=2&B=4&a=3&z=1");
  }

  @Test
  void prefix_isSortedFirst() {
    assertThat(CanonicalQuery.of(Map.of("Tag.10", "x", "Tag.1", "y", "Tag", "z")))
        .isEqualTo("Tag=z&Tag.1=y&Tag.10=x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud83d", "\ude00", "a\ud83db", "\ude00\ud83d"})
  void unpairedSurrogate_isRejected(String broken) {
    assertThatThrownBy(() -> CanonicalQuery.of(Map.of("k", broken)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("text must be valid UTF-16, has an unpaired surrogate at index ");
    assertThatThrownBy(() -> CanonicalQuery.of(Map.of(broken, "v")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "a a=",
        "=v =v",
        "a=b&&c=d& a=b&c=d",
        "b=1&a=2&b=0 a=2&b=1&b=0",
        "a=b=c a=b%3Dc",
        "a=%7e%41 a=~A",
        "a=%c3%a9 a=%C3%A9",
        "a=%ff a=%FF",
        "a=1+2 a=1%2B2",
        "a=\u00e9 a=%C3%A9",
        "a=x/y?z a=x%2Fy%3Fz",
      })
  void foreignQuery_isCanonicalized(String foreign, String canonical) {
    assertThat(CanonicalQuery.isCanonical(foreign)).isEqualTo(foreign.equals(canonical));
    assertThat(CanonicalQuery.join(CanonicalQuery.parse(foreign))).isEqualTo(canonical);
    assertThat(CanonicalQuery.isCanonical(canonical)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a=1&",
        "&a=1",
        "b=1&a=2",
        "a=1&=2",
        "ab=1&a=2",
        "a=b=c",
        "a=%",
        "a=%4",
        "a=%41",
        "a=%2f",
        "a=+",
        "a=\u00e9",
        "a=1&b"
      })
  void nonCanonicalQuery_isDetected(String query) {
    assertThat(CanonicalQuery.isCanonical(query)).isFalse();
  }

  @Test
  void randomText_matchesTheReferenceForm() {
    Random random = new Random(SEED);
    for (int i = 0; i < 5_000; i++) {
      Map<String, String> parameters = new LinkedHashMap<>();
      int size = random.nextInt(8);
      for (int p = 0; p < size; p++) {
        parameters.put(text(random), text(random));
      }
      String expected = NaiveSignature.query(List.copyOf(parameters.entrySet()));

      String query = CanonicalQuery.of(parameters);

      assertThat(query).as("seed %d, case %d", SEED, i).isEqualTo(expected);
      assertThat(CanonicalQuery.isCanonical(query)).as("seed %d, case %d", SEED, i).isTrue();
      assertThat(CanonicalQuery.join(CanonicalQuery.parse(query)))
          .as("seed %d, case %d", SEED, i)
          .isEqualTo(expected);
    }
  }

  /** Any Unicode text, with more than its share of what is reserved. */
  static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(12);
    for (int i = 0; i < length; i++) {
      switch (random.nextInt(4)) {
        case 0 -> text.append(RESERVED.charAt(random.nextInt(RESERVED.length())));
        case 1 -> text.append((char) ('a' + random.nextInt(26)));
        case 2 -> text.append((char) random.nextInt(0x100));
        default -> {
          int codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
          boolean surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
          text.appendCodePoint(surrogate ? 'x' : codePoint);
        }
      }
    }
    return text.toString();
  }
}
