package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No cell is computed by a spreadsheet, whatever it takes for a separator. */
class CsvRowTest {

  @ParameterizedTest
  @ValueSource(strings = {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212"})
  void textThatStartsWithASign_isNoFormula(String sign) {
    assertThat(CsvRow.of("a", sign + "1")).isEqualTo("a,'" + sign + "1");
    assertThat(CsvRow.of(" " + sign + "1")).isEqualTo(" '" + sign + "1");
    assertThat(CsvRow.of("a;" + sign + "1")).isEqualTo("\"a;'" + sign + "1\"");
    assertThat(CsvRow.of("a, " + sign + "1")).isEqualTo("\"a, '" + sign + "1\"");
    assertThat(CsvRow.of("a|" + sign + "1")).isEqualTo("\"a|'" + sign + "1\"");
    assertThat(CsvRow.of(";\"" + sign + "1")).isEqualTo("\";\"\"'" + sign + "1\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\t", "\r", "\n"})
  void signAfterAControlCharacter_isNoFormula(String separator) {
    String escaped = String.format("\\u%04x", (int) separator.charAt(0));

    assertThat(CsvRow.of(separator + "=1")).isEqualTo(escaped + "'=1");
    assertThat(CsvRow.of("a" + separator + "=1")).isEqualTo("a" + escaped + "'=1");
  }

  /** Tags may be many, and consist of what is searched for. */
  @ParameterizedTest
  @ValueSource(strings = {"\t", " ", ";", "\"", "\u00a0", "; ", "\t\"", "="})
  void longText_takesLinearTime(String part) {
    String text = part.repeat(100_000);

    assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(CsvRow.of(text)).isNotEmpty());
  }

  @Test
  void otherText_isUnchanged() {
    assertThat(CsvRow.of("web-1", "a=b", "1+1", "k=v, l=w", null, 7, ""))
        .isEqualTo("web-1,a=b,1+1,\"k=v, l=w\",,7,");
    assertThat(CsvRow.of("say \"so\"")).isEqualTo("\"say \"\"so\"\"\"");
  }
}
